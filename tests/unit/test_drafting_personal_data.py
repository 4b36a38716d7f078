"""Personal data is proposed from names and values; what is undecided is left out."""

from __future__ import annotations

import pytest

from lakehouse.drafting.kinds import kind_for
from lakehouse.drafting.personal_data import Table, propose
from lakehouse.drafting.profiles import Profile
from lakehouse.drafting.value_forms import is_card, is_iban, is_ip, is_phone, look
from lakehouse.drafting.values import Number, Value

KINDS = ("customer_id", "person_name", "email", "phone", "birth_date", "postcode", "street",
         "free_text", "ip_address", "none")  # fmt: skip
CODES = [f"X{number:04d}" for number in range(40)]
NAMES = ["Anna Berg", "Bo Holm", "Cecilie Friis", "Dan Ek"] * 10
LABELS = ["basic", "gold"] * 20
SENTENCES = ["She asked to be called back on Monday evening"] * 5


def kind(
    name: str, values: list[Value], table: str = "visits", type_: str = "string"
) -> str | None:
    """The kind that is proposed for a column."""
    holds = propose(Profile(name, type_, values), Table(table, frozenset(["store"]))).holds
    return None if holds is None else kind_for(holds, KINDS)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("email", ["?"], "email"), ("E_Mail", ["?"], "email"), ("contact_email", ["?"], "email"),
        ("first_name", ["?"], "person_name"), ("surname", ["?"], "person_name"),
        ("customer_name", ["?"], "person_name"), ("FullName", ["?"], "person_name"),
        ("phone", ["?"], "phone"), ("mobileNumber", ["?"], "phone"),
        ("birth_date", ["?"], "birth_date"), ("dob", ["?"], "birth_date"),
        ("street", ["?"], "street"), ("home_address", ["?"], "street"),
        ("zip", ["?"], "postcode"), ("post_code", CODES, "postcode"),
        ("ip_address", ["?"], "ip_address"),
        ("customer_id", CODES, "customer_id"), ("user", CODES, "customer_id"),
        ("session_id", CODES, "customer_id"), ("notes", SENTENCES, "free_text"),
        ("status", LABELS, "none"), ("tier", LABELS, "none"), ("order_id", CODES, "none"),
        ("store_id", CODES, "none"), ("country", ["Denmark", "United Kingdom"] * 9, "none"),
    ],
)  # fmt: skip
def test_a_name_is_enough(name: str, values: list[Value], expected: str) -> None:
    assert kind(name, values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["ann@mail.example", "bo@mail.example"], "email"),
        (["+45 12 34 56 78", "+45 87 65 43 21"], "phone"),
        (["10.0.0.1", "2001:db8::1"], "ip_address"),
        (SENTENCES, "free_text"),
        (["mail ann@mail.example", "x", "y", "z"], "free_text"),
        (LABELS, "none"),
        (["DE89 3704 0044 0532 0130 00"], None),
        (["4111 1111 1111 1111"], None),
        (["123-45-6789"], None),
        (NAMES, None),
        (CODES, None),
        (["blue", "Ann"], None),
        (["anna", "bo", "x"] * 9, None),
        ([None, None], None),
    ],
)
def test_values_are_looked_at_where_the_name_says_nothing(
    values: list[Value], expected: str | None
) -> None:
    assert kind("column_7", values) == expected


@pytest.mark.parametrize(
    ("name", "values", "type_", "expected"),
    [
        ("amount", [Number("1.5")], "decimal(8,3)", "none"),
        ("account_balance", [Number("1")], "bigint", "none"),
        ("customer_rank", [Number("1")], "bigint", None),
        ("contact", ["ann@mail.example"], "string", "email"),
        ("group", ["anna", "bo"] * 9, "string", None),
        ("class", ["Anna Berg", "Berg, Bo"] * 9, "string", None),
        ("customer_count", [Number("1")], "bigint", "none"),
        ("customer_no", [Number("1")], "bigint", "customer_id"),
        ("phone", [Number("4512345678")], "bigint", "phone"),
        ("badge_id", [Number("1")], "bigint", None),
        ("created_by", ["ab", "cd"] * 9, "string", None),
        ("salary", [Number("1")], "bigint", None),
        ("latitude", [Number("1.5")], "double", None),
        ("payload", [None], "binary", None),
        ("email_sent_at", ["2026-01-31 10:00:00"], "timestamp", "none"),
        ("day", ["1961-04-12", "1999-01-01"], "date", None),
        ("born_on", ["1999-01-01"], "date", "birth_date"),
        ("is_active", [True], "boolean", "none"),
        ("has_disability", [True], "boolean", None),
        ("lines", [[{"sku": "A1"}]] * 9, "array<struct<sku:string>>", "none"),
        ("attrs", [[["Anna Berg", "5"]]], "string", None),
        ("scores", [{"Anna Berg": Number("5")}], "string", None),
        ("who", [{"email": "a@b.example"}], "struct<email:string>", None),
    ],
)  # fmt: skip
def test_types_matter_too(name: str, values: list[Value], type_: str, expected: str | None) -> None:
    assert kind(name, values, type_=type_) == expected


def test_a_measure_with_a_few_words_is_still_one() -> None:
    numbers: list[Value] = [str(number) for number in range(99)]
    assert kind("quantity", [*numbers, "3 pcs"]) == "none"
    assert kind("column_7", [*numbers, "3 pcs"]) is None
    assert kind("umsatz", [f"1.{number}00,50" for number in range(10, 60)]) == "none"
    assert kind("store_name", ["Tea House", "Old Market Hall"]) == "none"
    assert kind("store_name", NAMES) is None
    assert kind("user_agent", CODES) is None


def test_an_id_alone_is_that_of_its_table() -> None:
    assert kind("id", CODES, table="customers") == "customer_id"
    assert kind("id", CODES, table="orders") == "none"
    assert kind("visit_id", CODES, table="visits") == "none"
    assert kind("name", ["?"], table="employees") == "person_name"


def test_what_the_policy_has_no_kind_for_is_left_out() -> None:
    assert kind_for("account numbers", KINDS) is None
    assert kind_for("account numbers", (*KINDS, "iban")) == "iban"
    assert kind_for("nothing personal", ()) is None


def test_check_digits_are_checked() -> None:
    assert is_card("4111111111111111")
    assert not is_card("4111111111111112")
    assert not is_card("0000000000000000")
    assert is_iban("DE89370400440532013000")
    assert not is_iban("DE88370400440532013000")
    assert is_ip("10.0.0.1")
    assert not is_ip("10.0.0.256")
    assert is_phone("(030) 123-4567")
    assert not is_phone("1234")
    assert not is_phone("2026-01-31")
    assert look(["a", "b", "c", "d", "e", "ann@mail.example"]) is None
