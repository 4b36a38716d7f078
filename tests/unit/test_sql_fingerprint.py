"""Queries that Spark reads in the same way have the same fingerprint."""

from __future__ import annotations

import pytest

from lakehouse.sql.fingerprint import hash_columns, hash_logic
from lakehouse.sql.parse import parse

BASE = "SELECT o.id, upper(o.name) AS name FROM silver.orders AS o WHERE o.kind = 'Sale'"


def fingerprint(text: str) -> str:
    return hash_logic(parse(text, file="x.sql", inputs=["silver.orders"], parameters=["as_of"]))


def by_column(text: str) -> tuple[str, dict[str, str]] | None:
    return hash_columns(parse(text, file="x.sql", inputs=["silver.orders"]))


@pytest.mark.parametrize(
    "text",
    [
        "-- Who bought\n" + BASE,
        BASE + "\n\n;",
        BASE.replace(", ", ",\n\t"),
        BASE.replace("SELECT", "select").replace("FROM", "from").replace(" AS ", " as "),
        BASE.replace("o.id", "O.ID").replace("upper(", "UPPER("),
        BASE.replace("o.id", "`o`.`id`"),
        BASE.replace("WHERE", "/* only\n sales */ WHERE"),
        BASE.replace("'Sale'", '"Sale"'),
    ],
)
def test_comments_white_space_and_case_do_not_change_the_fingerprint(text: str) -> None:
    assert fingerprint(text) == fingerprint(BASE)


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("'Sale'", "'sale'"),
        BASE.replace("'Sale'", "' Sale'"),
        BASE.replace("upper", "lower"),
        BASE.replace("AS name", "AS title"),
        BASE.replace("o.id, ", "o.id, o.day, "),
        BASE.replace("kind", "`ki nd`"),
        BASE.replace("'Sale'", "1"),
        BASE.replace("o.id", "o.`null`"),
        BASE.replace("o.id", "true AS id"),
        BASE.replace("o.id", "`true` AS id"),
        BASE + " OR o.day <= :as_of",
        BASE + " LIMIT 3",
    ],
)
def test_any_other_change_changes_the_fingerprint(text: str) -> None:
    assert fingerprint(text) != fingerprint(BASE)


def test_a_quoted_keyword_is_a_column() -> None:
    assert fingerprint(BASE.replace("o.id", "true AS id")) != fingerprint(
        BASE.replace("o.id", "`true` AS id")
    )
    assert fingerprint(BASE.replace("o.id", "null AS id")) != fingerprint(
        BASE.replace("o.id", "`null` AS id")
    )


def test_keywords_of_two_words_may_be_on_two_lines() -> None:
    text = "SELECT id, count(*) AS n FROM silver.orders GROUP BY id"
    assert fingerprint(text.replace("GROUP BY", "group\n  by")) == fingerprint(text)


def test_a_column_added_at_the_end_changes_no_other_hash() -> None:
    before = by_column(BASE)
    after = by_column(BASE.replace("AS name", "AS name, o.day"))
    assert before is not None
    assert after is not None
    assert after[0] == before[0]
    assert list(after[1]) == ["id", "name", "day"]
    assert {name: after[1][name] for name in ("id", "name")} == before[1]


def test_a_changed_expression_and_a_changed_condition_are_distinguished() -> None:
    before = by_column(BASE)
    other = by_column(BASE.replace("upper", "lower"))
    rest = by_column(BASE.replace("'Sale'", "'Gift'"))
    assert before is not None
    assert other is not None
    assert rest is not None
    assert other[0] == before[0]
    assert other[1]["id"] == before[1]["id"]
    assert other[1]["name"] != before[1]["name"]
    assert rest[0] != before[0]
    assert rest[1] == before[1]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM silver.orders",
        "SELECT o.*, 1 AS n FROM silver.orders AS o",
        "SELECT DISTINCT id FROM silver.orders",
        "SELECT id, count(*) AS n FROM silver.orders GROUP BY id",
        "SELECT max(id) AS id FROM silver.orders",
        "SELECT id FROM silver.orders UNION ALL SELECT id FROM silver.orders",
        "SELECT id, explode(lines) AS line FROM silver.orders",
        "SELECT id FROM silver.orders ORDER BY day LIMIT 3",
        "SELECT id + 1 FROM silver.orders",
        "SELECT id, id FROM silver.orders",
    ],
)
def test_queries_whose_rows_depend_on_the_columns_have_no_hash_per_column(text: str) -> None:
    assert by_column(text) is None
