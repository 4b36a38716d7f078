"""Every column is treated when rows leave bronze, and plans do not contain the key."""

from __future__ import annotations

import datetime
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from session_settings import GENERATED_CODE, changed_settings

from lakehouse.config.column import Column
from lakehouse.errors import DeclarationError
from lakehouse.privacy.derivation import derive
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy
from lakehouse.privacy.protect import protect
from lakehouse.privacy.tokens import token, token_of, with_keys
from lakehouse.privacy.treatments.drop import Drop
from lakehouse.privacy.treatments.keep import Keep
from lakehouse.privacy.treatments.prefix import Prefix
from lakehouse.privacy.treatments.token import Token
from lakehouse.privacy.treatments.year import Year

KEY = Key(b"a key for tests, of no use elsewhere")
TREATMENTS = {
    "id": Token("person"),
    "email": Token("email", also_domain=True),
    "name": Drop(),
    "birth": Year(),
    "postcode": Prefix(2),
    "none": Keep(),
}
POLICY = Policy(Path("privacy.yml"), TREATMENTS)
META = "DATE'2026-01-02' AS _known_date, CAST(NULL AS STRING) AS _rescued_data"
KEPT = "_known_date date, _rescued_data string"
ODD = ["a", " a\t", "", "  ", None, "ä€😀", "x" * 200, "İSTANBUL@X.COM", "ΟΔΟΣ@Β.GR", "\u00a0a"]


def treated(spark: SparkSession, kinds: Mapping[str, str | None], row: str) -> DataFrame:
    columns = {name: Column(type="string", pii=kind) for name, kind in kinds.items()}
    return protect(spark.sql(f"SELECT {row}, {META}"), columns, POLICY, KEY, spark)


@pytest.fixture
def generated_code(spark: SparkSession) -> Iterator[None]:
    """Plans with the code that Spark generates, which an adaptive plan does not show yet."""
    settings = {"spark.sql.adaptive.enabled": "false", **GENERATED_CODE}
    with changed_settings(spark, settings):
        yield


def only(df: DataFrame) -> Row:
    (row,) = df.collect()
    return row


@pytest.mark.parametrize("domain", ["person", "email"])
def test_spark_and_python_make_the_same_tokens(spark: SparkSession, domain: str) -> None:
    df = spark.createDataFrame([(i, text) for i, text in enumerate(ODD)], "i int, v string")
    actual = with_keys(df, [domain], KEY, spark).select(
        "i", token_of(F.col("v"), domain).alias("t")
    )
    rows = [(i, token(text, domain, KEY)) for i, text in enumerate(ODD)]
    assert_df_equality(actual, spark.createDataFrame(rows, "i int, t string"), ignore_nullable=True)


def test_a_number_has_the_token_of_its_text(spark: SparkSession) -> None:
    row = only(treated(spark, {"a": "id", "b": "id"}, "CAST(17850 AS DECIMAL(9,0)) a, '17850' b"))
    assert row.a == row.b == token("17850", "person", KEY)


def test_an_address_becomes_a_token_and_its_provider(spark: SparkSession) -> None:
    row = only(treated(spark, {"e": "email"}, "' Ann@Example.COM ' AS e"))
    assert (row.e, row.e_domain) == (token("ann@example.com", "email", KEY), "example.com")


PROVIDERS = {
    " Ann@Example.COM ": "example.com",
    "ann+1@mail.co.example": "mail.co.example",
    "ann@mail.example (Ann Smith, 12345678)": None,
    "a@b.example; ring Bo Hansen on 12345678": None,
    "Ann Smith ann@mail.example": None,
    "ann@mail@mail.example": None,
    "ann@mail.example,bo@mail.example": None,
    "ann@localhost": None,
    "ann@mail.example.": None,
    "ann@Ann Smith": None,
    "ann@" + "x." * 50_000 + "example": None,
    "ann": None,
    "ann@": None,
    "@mail.example": None,
    "": None,
    None: None,
}


def test_the_provider_is_kept_only_if_the_whole_text_is_an_address(spark: SparkSession) -> None:
    """In any other text, the last '@' may be followed by a name or a number."""
    rows = [(i, text, datetime.date(2026, 1, 2), None) for i, text in enumerate(PROVIDERS)]
    df = spark.createDataFrame(rows, f"i int, e string, {KEPT}")
    kinds = {"i": Column(type="int", pii="none"), "e": Column(type="string", pii="email")}
    actual = protect(df, kinds, POLICY, KEY, spark).select("i", "e_domain").orderBy("i")
    expected = spark.createDataFrame(list(enumerate(PROVIDERS.values())), "i int, e_domain string")
    assert_df_equality(actual, expected)


@pytest.mark.parametrize(
    ("value", "year"),
    [
        ("DATE'1980-02-03'", 1980),
        ("TIMESTAMP'1980-02-03 04:05:06'", 1980),
        ("'1980-02-03'", 1980),
        ("1980", 1980),
        ("'3.2.1980'", None),
        ("NULL", None),
    ],
)
def test_a_date_becomes_its_year(spark: SparkSession, value: str, year: int | None) -> None:
    expected = spark.createDataFrame([(year,)], "d int")
    assert_df_equality(treated(spark, {"d": "birth"}, f"{value} AS d").select("d"), expected)


def test_a_postcode_becomes_its_first_characters(spark: SparkSession) -> None:
    row = only(treated(spark, {"a": "postcode", "b": "postcode"}, "' 10115' a, 10115 b"))
    assert (row.a, row.b) == ("10", "10")


def test_columns_without_a_kind_and_bronze_s_own_stay_behind(spark: SparkSession) -> None:
    given = (
        "'Ann' AS n, 1 AS a, 2 AS undeclared, 3 AS no_kind, 'h' AS _row_hash, 'f' AS _source_file"
    )
    actual = treated(spark, {"n": "name", "a": "none", "no_kind": None}, given)
    day = datetime.date(2026, 1, 2)
    schema = "a int, _known_date date, _malformed string"
    expected = spark.createDataFrame([(1, day, None)], schema)
    assert_df_equality(actual, expected, ignore_nullable=True)


@pytest.mark.parametrize(
    ("rescued", "malformed"),
    [
        (None, None),
        ('{"new":{"unparsed":"x"}}', None),
        ('{"unparsed":""}', "unparsed"),
        ('{"malformed":{"a":"x"}}', "a"),
        ('{"malformed":{"a":"x","B_2":"y"},"new":{"b":"1"}}', "a,B_2"),
    ],
)
def test_malformed_rows_are_marked_and_new_columns_are_no_fault(
    spark: SparkSession, rescued: str | None, malformed: str | None
) -> None:
    rows = [(1, datetime.date(2026, 1, 2), rescued)]
    df = spark.createDataFrame(rows, "a int, _known_date date, _rescued_data string")
    actual = protect(df, {"a": Column(type="int", pii="none")}, POLICY, KEY, spark)
    assert only(actual)._malformed == malformed


def test_an_unknown_kind_is_refused(spark: SparkSession) -> None:
    with pytest.raises(DeclarationError, match="unknown pii kind 'nmae'; did you mean 'name'"):
        treated(spark, {"a": "nmae"}, "1 AS a")


@pytest.mark.parametrize("mode", ["extended", "formatted", "codegen", "cost"])
def test_no_plan_shows_the_key(
    spark: SparkSession,
    capsys: pytest.CaptureFixture[str],
    generated_code: None,
    mode: str,
) -> None:
    df = spark.range(3).selectExpr("CAST(id AS STRING) AS c", *META.split(", "))
    protect(df, {"c": Column(type="string", pii="id")}, POLICY, KEY, spark).explain(mode=mode)
    plan = capsys.readouterr().out.lower().replace(" ", "")
    assert "_inner_pad_person" in plan
    assert shows_nothing_secret(plan)


def shows_nothing_secret(text: str) -> bool:
    """Whether ``text``, lower case and without blanks, has no key or pad in any encoding."""
    domain_key = derive(KEY, "person")
    pads = [bytes(part ^ byte for part in domain_key) for byte in (0x36, 0x5C)]
    for part in (KEY.material, domain_key, *pads):
        signed = ",".join(str(byte - 256 if byte > 127 else byte) for byte in part)
        unsigned = ",".join(str(byte) for byte in part)
        encoded = b64encode(part[:30]).decode().lower()
        if any(form in text for form in (part.hex(), signed, unsigned, encoded)):
            return False
    return KEY.material.decode().replace(" ", "") not in text
