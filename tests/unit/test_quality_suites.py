"""A suite is read with line numbers, and every mistake in it has a place and a message."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lakehouse.errors import DeclarationError
from lakehouse.quality.builtin import present
from lakehouse.quality.rules import check_columns
from lakehouse.quality.suites import load_suite, suite_errors


def expectation(
    type_: str = "expect_column_values_to_not_be_null", **changes: Any
) -> dict[str, Any]:
    given = {"type": type_, "kwargs": {"column": "amount"}, "meta": {"id": "amount_is_given"}}
    return given | changes


def written(folder: Path, *expectations: dict[str, Any]) -> Path:
    file = folder / "silver.orders.json"
    file.write_text(
        json.dumps({"name": "silver.orders", "expectations": list(expectations)}, indent=1)
    )
    return file


def error_of(folder: Path, *expectations: dict[str, Any]) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_suite(written(folder, *expectations))
    return str(caught.value)


def test_a_rule_knows_its_words_and_its_line(tmp_path: Path) -> None:
    file = tmp_path / "silver.orders.json"
    file.write_text(
        '{\n "name": "silver.orders",\n "expectations": [\n'
        '  {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a"},\n'
        '   "meta": {"id": "a_is_given"}},\n\n'
        '  {"type": "expect_column_values_to_be_in_set",\n'
        '   "kwargs": {"column": "b", "value_set": ["]", "{"], "mostly": 0.9},\n'
        '   "severity": "warning",\n'
        '   "meta": {"id": "b_is_known", "scope": "table", "nulls": "pass", "notes": "why"}}\n'
        " ]\n}\n"
    )
    first, second = load_suite(file).rules
    assert first.where.endswith("silver.orders.json:4")
    assert second.where.endswith("silver.orders.json:7")
    told = (second.severity, second.mostly, second.scope, second.nulls, second.notes, second.kind)
    assert told == ("warning", 0.9, "table", "pass", "why", "row")
    assert (first.severity, first.mostly, first.scope, first.nulls) == (
        "critical",
        1.0,
        "day",
        "fail",
    )


def test_an_unknown_type_names_the_line_and_the_nearest(tmp_path: Path) -> None:
    error = error_of(
        tmp_path, expectation(), expectation("expect_column_values_to_be_betwen", meta={"id": "b"})
    )
    assert "silver.orders.json:13: unknown expectation type" in error
    assert "did you mean 'expect_column_values_to_be_between'?" in error


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kwargs": {"colunm": "a"}}, "takes no 'colunm'; did you mean 'column'?"),
        ({"kwargs": {}}, "needs 'column'"),
        ({"kwargs": {"column": 3}}, "'column' is a text"),
        ({"kwargs": {"column": "a", "mostly": 1.2}}, "'mostly' is a number above 0, at most 1"),
        ({"kwargs": {"column": "a", "row_condition": "b > 1"}}, "'row_condition' is not supported"),
        ({"severity": "critcal"}, "did you mean 'critical'?"),
        ({"meta": {}}, "`meta.id` names the rule"),
        ({"meta": {"id": "Amount OK"}}, "`meta.id` names the rule"),
        ({"meta": {"id": "row_is_well_formed"}}, "is the built-in rule"),
        ({"meta": {"id": "a", "scop": "table"}}, "unknown key 'scop'; did you mean 'scope'?"),
        ({"meta": {"id": "a", "nulls": "ignore"}}, "nulls 'ignore' is none of fail, pass"),
        ({"meta": {"id": "a", "nulls": "pass"}}, "`meta.nulls` has no meaning for"),
        ({"sevrity": "info"}, "unknown key 'sevrity'; did you mean 'severity'?"),
        ({"type": "unexpected_rows_expectation"}, "it reads tables that are not declared inputs"),
    ],
)
def test_a_mistake_in_an_expectation_is_an_error(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    error = error_of(tmp_path, expectation(**changes))
    assert told in error
    assert "silver.orders.json:4" in error


@pytest.mark.parametrize(
    ("type_", "kwargs", "told"),
    [
        ("expect_column_values_to_be_between", {}, "needs min_value or max_value"),
        ("expect_column_values_to_be_between", {"min_value": None}, "needs min_value or max_value"),
        ("expect_column_values_to_be_between", {"min_value": True}, "'min_value' is a number"),
        ("expect_column_values_to_be_in_set", {"value_set": []}, "'value_set' is a list"),
        ("expect_column_values_to_be_in_set", {"value_set": [None]}, "none of them null"),
        ("expect_column_values_to_match_regex", {"regex": "(a"}, "a regular expression"),
        ("expect_column_value_lengths_to_equal", {"value": 1.5}, "'value' is a whole number"),
        ("expect_column_value_lengths_to_equal", {"value": "two"}, "'value' is a whole number"),
    ],
)
def test_a_kwarg_of_another_type_is_an_error(
    tmp_path: Path, type_: str, kwargs: dict[str, Any], told: str
) -> None:
    assert told in error_of(tmp_path, expectation(type_, kwargs={"column": "a"} | kwargs))


def test_a_regex_that_only_java_knows_is_taken(tmp_path: Path) -> None:
    kwargs = {"column": "a", "regex": r"^\p{Lu}+$"}
    file = written(tmp_path, expectation("expect_column_values_to_match_regex", kwargs=kwargs))
    assert load_suite(file).rules[0].kwargs["regex"] == r"^\p{Lu}+$"


def test_a_duplicate_id_is_an_error(tmp_path: Path) -> None:
    error = error_of(tmp_path, expectation(), expectation())
    assert ":13: duplicate id 'amount_is_given' (first in line 4)" in error


def test_a_duplicate_key_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text('{"name": "s", "expectations": [\n{"type": "a",\n"type": "b"}]}')
    with pytest.raises(DeclarationError, match=r"s\.json:3: duplicate key 'type'"):
        load_suite(file)


def test_invalid_json_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    file.write_text('{"name": "s",\n"expectations": [,]}')
    with pytest.raises(DeclarationError, match=r"s\.json:2: not valid JSON"):
        load_suite(file)


def test_json_that_is_no_yaml_keeps_its_values_and_lines(tmp_path: Path) -> None:
    """Tabs, a byte order mark, escaped slashes and pairs of surrogates, exponents, no spaces."""
    file = tmp_path / "s.json"
    notes = r"https:\/\/example.com\t\ud83d\ude00 'yes' # no comment"
    file.write_text(
        '\ufeff{\t"name":"s",\n\t"expectations":\t[\n\t\t{"type":"expect_column_values_to_be_between",'
        '\n\t\t"kwargs":{"column":"a","min_value":-1e2,"max_value":1E+2},'
        f'"meta":{{"id":"a_is_small","notes":"{notes}"}}}}\n\t]}}\n',
        encoding="utf-8",
    )
    rule = load_suite(file).rules[0]
    assert (rule.kwargs["min_value"], rule.kwargs["max_value"]) == (-100.0, 100.0)
    assert rule.notes == "https://example.com\t\U0001f600 'yes' # no comment"
    assert rule.where.endswith(":3")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_refused(tmp_path: Path, word: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(
        f'{{"name": "s", "expectations": [{{"type": "a", "kwargs": {{"x": {word}}}}}]}}'
    )
    with pytest.raises(DeclarationError, match=f"'{word}' is not a JSON number"):
        load_suite(file)


def test_a_missing_suite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no readable suite"):
        load_suite(tmp_path / "none.json")


def test_a_rule_on_a_column_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    suite = load_suite(written(tmp_path, expectation()))
    assert [rule.columns for rule in suite.rules] == [("amount",)]
    check_columns(suite, ["id", "amount"])
    with pytest.raises(DeclarationError, match=r"json:4: .*'amount'; did you mean 'amounts'\?"):
        check_columns(suite, ["id", "amounts"])


def test_reading_compiled_rules_does_not_import_great_expectations(tmp_path: Path) -> None:
    file = written(tmp_path, expectation())
    code = (
        "import sys; from pathlib import Path; from lakehouse.quality.suites import load_suite;"
        f"load_suite(Path({str(file)!r})); print('great_expectations' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.slow
def test_kwargs_of_a_type_that_is_not_compiled_are_checked_by_great_expectations(
    tmp_path: Path,
) -> None:
    error = error_of(
        tmp_path, expectation("expect_column_to_exist", kwargs={"column": "a", "colunm_index": 1})
    )
    assert "does not take these kwargs" in error
    assert "colunm_index" in error


def test_a_type_that_leaves_nulls_out_must_say_so(tmp_path: Path) -> None:
    kwargs = {"column": "a", "type_list": ["StringType"]}
    error = error_of(
        tmp_path, expectation("expect_column_values_to_be_in_type_list", kwargs=kwargs)
    )
    assert "Great Expectations ignores NULL" in error


def test_all_mistakes_of_a_suite_are_listed_in_line_order(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    between = "expect_column_values_to_be_between"
    lines = [
        expectation(meta={"id": "Amount OK", "scop": "day"}),
        expectation("expect_column_values_to_be_betwen", severity="fatal", meta={"id": "a"}),
        expectation(between, kwargs={"colunm": "amount", "mostly": 2}, meta={"id": "b"}),
        expectation(meta={"id": "c"}, kwargs={"column": "amuont"}),
        expectation(meta={"id": "d"}),
        expectation(meta={"id": "d"}),
        "no object",
    ]
    items = ",\n".join(json.dumps(line) for line in lines)
    file.write_text('{"name": "s", "meta": {"well_formed_mostly": 2}, "expectations": [\n' + items)
    file.write_text(file.read_text() + "\n]}")
    errors = [
        (e.where.rpartition(":")[2], e.message) for e in suite_errors(file, columns=["amount"])
    ]
    assert errors == [
        ("1", "`meta.well_formed_mostly` is a number from 0 to 1"),
        ("2", "unknown key 'scop'; did you mean 'scope'?"),
        (
            "2",
            "`meta.id` names the rule: a predicate in snake_case, like amount_is_positive",
        ),
        (
            "3",
            "unknown expectation type 'expect_column_values_to_be_betwen'; "
            f"did you mean '{between}'?",
        ),
        ("3", "severity 'fatal' is none of critical, warning, info"),
        ("4", f"rule 'b': {between} takes no 'colunm'; did you mean 'column'?"),
        ("4", f"rule 'b': {between} needs 'column'"),
        ("4", f"rule 'b': {between} needs min_value or max_value"),
        ("4", "rule 'b': 'mostly' is a number above 0, at most 1"),
        ("5", "rule 'c': s has no column 'amuont'; did you mean 'amount'?"),
        ("7", "duplicate id 'd' (first in line 6)"),
        ("8", "an expectation is an object with `type`, `kwargs` and `meta`"),
    ]
    with pytest.raises(DeclarationError, match="well_formed_mostly"):
        load_suite(file)


def test_a_suite_without_mistakes_has_no_errors(tmp_path: Path) -> None:
    file = written(tmp_path, expectation())
    assert suite_errors(file, columns=["amount"]) == []
    assert [e.message for e in suite_errors(tmp_path / "none.json")] == ["no readable suite"]


def test_the_id_of_a_builtin_rule_is_among_the_mistakes(tmp_path: Path) -> None:
    file = written(tmp_path, expectation(meta={"id": "sequence_is_present"}))
    builtin = [present("sequence_is_present", "seq", "orders.yml:1")]
    (error,) = suite_errors(file, builtin=builtin)
    assert "'sequence_is_present' is a built-in rule of silver.orders" in str(error)
    assert str(error.where).endswith("silver.orders.json:4")
