"""An expression in a declaration refers to one row of the table's own output only."""

from __future__ import annotations

import pytest

from lakehouse.errors import DeclarationError
from lakehouse.sql.expression import Expression, parse_expression

COLUMNS = ("id", "op", "at", "Tags", "address")


def read(text: str, columns: tuple[str, ...] | None = COLUMNS) -> Expression:
    return parse_expression(text, file="silver/x.yml", line=7, columns=columns)


def refusal(text: str, columns: tuple[str, ...] | None = COLUMNS) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read(text, columns)
    return caught.value


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("op = 'D'", "op = 'D'"),
        ("OP IN ('D', 'X') and at IS NOT NULL", "OP IN ('D', 'X') AND NOT at IS NULL"),
        ("op = 'D' -- deleted", "op = 'D'"),
        ("exists(tags, t -> t = 'gone')", "exists(tags, t -> t = 'gone')"),
        ("address.country IS NULL", "address.country IS NULL"),
        ("at < TIMESTAMP'2026-01-01'", "at < CAST('2026-01-01' AS TIMESTAMP)"),
    ],
)
def test_an_expression_over_the_row_is_written_anew(text: str, sql: str) -> None:
    assert read(text).sql() == sql


REFUSED = {
    "the clock": ("at < now()", "now is non-deterministic"),
    "the clock as text": ("at < 'today'", "for the current time"),
    "chance": ("rand() < 0.5", "rand is non-deterministic"),
    "the session": ("op = current_user()", "depends on the session"),
    "raw bronze": (
        "id IN (SELECT id FROM delta.`/lake/bronze/people` WHERE name = 'Ann')",
        "cannot contain a query",
    ),
    "a scalar query": ("at < (SELECT max(at) FROM silver.x)", "cannot contain a query"),
    "exists": ("EXISTS (SELECT 1)", "cannot contain a query"),
    "an aggregate": ("at = max(at)", "max() depends on other rows"),
    "a window": ("row_number() OVER (ORDER BY at) > 1", "depends on other rows"),
    "a generator": ("explode(tags)", "explode() depends on other rows"),
    "a relation": ("op = 'D' FROM silver.other", "one expression"),
    "a condition more": ("op = 'D' WHERE id = 1", "one expression"),
    "two": ("op = 'D', at", "one expression"),
    "a name": ("op = 'D' AS deleted", "one expression"),
    "a set operation": ("1 UNION SELECT 2", "one expression"),
    "a statement more": ("op = 'D'; DROP TABLE x", "one SELECT"),
    "nothing": ("", "one expression"),
    "all columns": ("struct(*) IS NULL", "'*' is not a column"),
    "a parameter": ("at < :as_of", "unknown parameter"),
    "no SQL": ("op = = 'D'", ""),
    "an open text": ("op = 'D", ""),
    "a typo": ("opp = 'D'", "no column 'opp'; did you mean 'op'?"),
    "another table": ("silver.people.op = 'D'", "no column 'silver'"),
    "unknown function": ("is_gone(op)", "unsupported function"),
}


@pytest.mark.parametrize("kind", list(REFUSED))
def test_an_expression_that_reads_more_than_its_row_is_refused_with_its_line(kind: str) -> None:
    text, message = REFUSED[kind]
    error = refusal(text)
    assert message in error.message
    assert error.where == "silver/x.yml:7"


def test_a_text_of_several_lines_has_the_lines_of_the_file() -> None:
    assert refusal("op = 'D'\n  OR at < now()").where == "silver/x.yml:8"
    assert refusal("op = 'D'\n  OR opp = 'X'").where == "silver/x.yml:8"


def test_unknown_columns_are_not_checked() -> None:
    assert read("opp = 'D'", columns=None).sql() == "opp = 'D'"
    assert "clock" in refusal("at < now()", columns=None).message


def test_columns_are_listed_if_none_is_similar() -> None:
    assert refusal("zzz = 1").hint == "there are: id, op, at, Tags, address"
