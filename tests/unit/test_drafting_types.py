"""The types of columns: the narrowest one that loses nothing, or string."""

from __future__ import annotations

import pytest

from lakehouse.config.type_names import is_type
from lakehouse.drafting.day_formats import day_format, is_ambiguous
from lakehouse.drafting.nested_types import nested_type
from lakehouse.drafting.profiles import profile_text
from lakehouse.drafting.scalar_types import json_type, scalar_type, whole_number_type
from lakehouse.drafting.values import Number, Value


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "-20", "+3"], "bigint"),
        (["0", "0"], "bigint"),
        (["1.5", "20"], "decimal(9,3)"),
        (["0.125", "-.5"], "decimal(10,5)"),
        (["1e5", "2.5"], "double"),
        (["true", "FALSE"], "boolean"),
        (["2026-01-31", "2026-02-28T00:00:00"], "date"),
        (["2026-01-31", "2026-01-31 10:15"], "timestamp"),
        (["2026-01-31T10:15:00.123Z", "2026-01-31T10:15:00+01:00"], "timestamp"),
        (["01234", "5678"], "string"),
        (["1234567890123456789"], "string"),
        (["123456789012.1234567"], "string"),
        (["1,5"], "string"),
        (["2026-02-30"], "string"),
        (["2026-01-31 25:00"], "string"),
        (["yes", "no"], "string"),
        (["1e400", "1"], "string"),
        (["٣"], "string"),
        ([], "string"),
    ],
)
def test_the_type_of_texts(texts: list[str], expected: str) -> None:
    assert scalar_type(texts) == expected
    assert is_type(expected)


def test_whole_numbers_from_a_float_column_are_decimals_without_places() -> None:
    assert whole_number_type(["17850.0", "9.0"]) == "decimal(9,0)"
    assert whole_number_type(["17850.5"]) is None
    assert whole_number_type(["17850"]) is None


def test_numbers_in_quotes_stay_text_in_json() -> None:
    assert json_type(["12", "13"]) == "string"
    assert json_type([Number("12"), None]) == "bigint"
    assert json_type([Number("12"), "x"]) == "string"
    assert json_type(["2026-01-31"]) == "date"
    assert json_type([True, None]) == "boolean"


@pytest.mark.parametrize(
    ("texts", "pattern"),
    [
        (["31.01.2026", "01.02.2026"], "dd.MM.yyyy"),
        (["1.2.2026", "13.2.2026"], "d.M.yyyy"),
        (["01/31/2026", "02/01/2026"], "MM/dd/yyyy"),
        (["2026/01/02"], "yyyy/MM/dd"),
        (["31.01.2026 10:15", "01.02.2026 09:05"], "dd.MM.yyyy HH:mm"),
        (["1/31/2026 1:05:09 PM"], "M/d/yyyy h:mm:ss a"),
        (["31.01.2026T10:15:30.25"], "dd.MM.yyyy'T'HH:mm:ss.SS"),
    ],
)
def test_the_one_pattern_of_days(texts: list[str], pattern: str) -> None:
    found = day_format(texts)
    assert found is not None
    assert found.pattern == pattern


def test_days_whose_month_cannot_be_told_have_no_pattern() -> None:
    texts = ["01.02.2026", "03.04.2026"]
    assert day_format(texts) is None
    assert is_ambiguous(texts)
    assert day_format(["31.01.2026", "31/01/2026"]) is None
    assert day_format(["31.01.2026", "31.01.2026 10:00"]) is None
    assert day_format(["30.02.2026"]) is None


def test_a_source_has_one_date_format_and_other_columns_stay_strings() -> None:
    profiles, options = profile_text(
        {
            "a": ["31.01.2026"],
            "b": ["30.01.2026"],
            "c": ["2026-01-31"],
            "d": ["01/31/2026"],
            "e": ["1,5"],
            "f": ["05.04.2026"],
        }
    )
    assert options == {"dateFormat": "dd.MM.yyyy"}
    assert {p.name: p.type for p in profiles} == {
        "a": "date", "b": "date", "c": "string", "d": "string", "e": "string", "f": "string",
    }  # fmt: skip
    assert {p.name for p in profiles if p.doubt} == {"c", "d", "e", "f"}


def test_compact_days_are_dates_only_by_their_name() -> None:
    profiles, options = profile_text({"order_date": ["20260131"], "stock": ["20260131"]})
    assert [profile.type for profile in profiles] == ["date", "bigint"]
    assert options == {"dateFormat": "yyyyMMdd"}


def test_a_word_for_null_is_an_option_where_it_gives_a_column_a_type() -> None:
    profiles, options = profile_text({"a": ["1", "NA"], "b": ["x", "y"]})
    assert options == {"nullValue": "NA"}
    assert (profiles[0].type, profiles[0].nulls) == ("bigint", 1)
    assert profile_text({"a": ["x", "NA"]})[1] == {}


def test_few_values_that_do_not_fit_make_a_string_and_a_word() -> None:
    texts: list[Value] = [str(number) for number in range(99)]
    (profile,), _ = profile_text({"quantity": [*texts, "3 pcs"]})
    assert profile.type == "string"
    assert str(profile.doubt).startswith("not a number in 1 of 100 sampled values")
    (profile,), _ = profile_text({"quantity": [*texts[:9], "3 pcs"]})
    assert profile.doubt is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([{"a": Number("1")}, {"b": [True]}, None], "struct<a:bigint,b:array<boolean>>"),
        ([[Number("1.5")], []], "array<decimal(8,3)>"),
        ([[]], "array<string>"),
        ([{"a": Number("1")}, "text"], "string"),
        ([{"a": Number("1")}, [Number("1")]], "string"),
        ([{"ann@mail.example": Number("1")}], "string"),
        ([{"id": "1", "ID": "2"}], "string"),
        ([{}], "string"),
    ],
)
def test_the_type_of_nested_values(values: list[Value], expected: str) -> None:
    assert nested_type(values) == expected
    assert is_type(expected)
