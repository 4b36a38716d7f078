"""A day sees what was known on it, and many days in one query equal the single days."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.sql.as_of import Window, is_refusal, rewrite_as_of, rewrite_as_of_range
from lakehouse.sql.as_of_range import NotPartitionable
from lakehouse.sql.bind import run
from lakehouse.sql.parse import parse
from lakehouse.sql.point_in_time import TableHistory
from lakehouse.sql.query import Query

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in (-3, 0, 2, 5, 9)]
HORIZON = 3
KNOWN = {
    "silver.o": TableHistory("append", ("id", "c", "day", "amount", "xs"), cluster_by="day",
                      lookback_days=15),
    "silver.u": TableHistory("scd2", ("c", "seg"), keys=("c",)),
}  # fmt: skip


def read(text: str) -> Query:
    parameters = ["as_of", "until"]
    return parse(text, file="features/x.sql", inputs=list(KNOWN), parameters=parameters)


def some_day(chance: random.Random, low: int, high: int) -> date:
    return FIRST + timedelta(days=chance.randint(low, high))


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    chance = random.Random(3)
    orders = []
    for number in range(60):
        day = some_day(chance, -20, 12)
        known = day + timedelta(days=chance.randint(0, 4))
        lines = chance.choice([None, [1, 2], []])
        orders.append((number, chance.choice("abcde"), day, chance.choice([None, 5]), lines, known))
    history = []
    for name in "abcdef":
        for start in sorted(chance.sample(range(-10, 12), chance.randint(1, 4))):
            begin = datetime(2026, 1, 1, chance.randint(0, 23)) + timedelta(days=start)  # noqa: DTZ001
            end = begin if chance.random() < 0.25 else None
            known = begin.date() + timedelta(days=chance.randint(0, 3))
            history.append((name, chance.choice("xy"), begin, end, known))
    return {
        "silver.o": spark.createDataFrame(
            orders, "id int, c string, day date, amount int, xs array<int>, _known_date date"
        ),
        "silver.u": spark.createDataFrame(
            history,
            "c string, seg string, valid_from timestamp, valid_to timestamp, known_from date",
        ),
        "days": spark.createDataFrame([(day,) for day in DAYS], "as_of date"),
    }


SHAPES = [
    "SELECT c, count(*) AS n, sum(amount) AS a, datediff(:as_of, max(day)) AS since, "
    "count(*) FILTER (WHERE day > date_sub(:as_of, 5)) AS late FROM silver.o GROUP BY c",
    "WITH o AS (SELECT * FROM silver.o WHERE day <= :as_of), p AS (SELECT c, count(*) AS n, "
    "count_if(day > date_sub(:as_of, 7)) AS m FROM o GROUP BY ALL) SELECT u.c, u.seg, "
    "coalesce(p.n, 0) AS n, p.m, datediff(:as_of, u.valid_from) AS age FROM silver.u u "
    "LEFT JOIN p ON p.c = u.c",
    "SELECT u.c, count(o.id) = 0 AS churned FROM silver.u u LEFT JOIN silver.o o ON o.c = u.c "
    "AND o.day > :as_of AND o.day <= :until GROUP BY u.c",
    "SELECT u.c, (SELECT count(*) FROM silver.o o WHERE o.c = u.c AND o.day < :as_of) AS n FROM "
    "silver.u u WHERE u.c NOT IN (SELECT o.c FROM silver.o o WHERE o.day > date_sub(:as_of, 2))",
    "SELECT c, id, x, sum(amount) OVER (PARTITION BY c) AS s, rank() OVER w AS r FROM silver.o "
    "LATERAL VIEW OUTER explode(xs) l AS x WINDOW w AS (ORDER BY day, id)",
    "SELECT c, count(*) AS n FROM (SELECT c, day FROM silver.o UNION ALL SELECT c, :as_of FROM "
    "silver.u) z WHERE day <= :as_of GROUP BY c HAVING max(day) > date_sub(:as_of, 3)",
    "WITH a (p, q) AS (SELECT c, seg FROM silver.u) SELECT * FROM a LEFT JOIN (SELECT c AS p, "
    "count(*) AS n FROM silver.o GROUP BY c) b USING (p)",
    "SELECT DISTINCT u.*, v.k FROM silver.u u JOIN silver.o o ON o.c = u.c, VALUES (1) AS v(k)",
    "SELECT c FROM silver.u EXCEPT SELECT c FROM silver.o WHERE day > date_sub(:as_of, 6)",
]


@pytest.mark.parametrize("maturity", [0, 2])
@pytest.mark.parametrize("text", SHAPES)
def test_many_days_at_once_are_the_days_one_by_one(
    spark: SparkSession, frames: dict[str, DataFrame], text: str, maturity: int
) -> None:
    query = read(text)
    window = Window(HORIZON, HORIZON + maturity) if ":until" in text else Window()
    one = rewrite_as_of(query, KNOWN, window=window)
    singly: Counter[str] = Counter()
    for day in DAYS:
        rows = run(spark, one, frames, {"as_of": day}).collect()
        singly.update(repr((day, *row)) for row in rows)
    together = run(spark, rewrite_as_of_range(query, KNOWN, window=window), frames)
    assert together.columns[0] == "as_of"
    assert Counter(repr(tuple(row)) for row in together.collect()) == singly


DAY_BY_DAY = [
    "SELECT count(*) AS n FROM silver.o",
    "SELECT c FROM silver.o ORDER BY day LIMIT 3",
    "SELECT o.c FROM silver.o o FULL JOIN silver.u u ON u.c = o.c",
    "SELECT c, count(*) AS n FROM silver.o GROUP BY ROLLUP (c)",
    "SELECT * FROM silver.o PIVOT (count(id) FOR c IN ('a'))",
    "SELECT v.k, o.c FROM VALUES (1) AS v(k) LEFT JOIN silver.o o ON true",
    "SELECT c FROM silver.u o WHERE EXISTS (SELECT 1 FROM silver.o o)",
    "WITH p AS (SELECT date_sub(:as_of, 7) AS since) SELECT o.c FROM silver.o o CROSS JOIN p "
    "WHERE o.day > p.since",
]


@pytest.mark.parametrize("text", DAY_BY_DAY)
def test_a_query_that_cannot_be_rewritten_for_many_days_is_refused(text: str) -> None:
    with pytest.raises(NotPartitionable) as caught:
        rewrite_as_of_range(read(text), KNOWN)
    assert is_refusal(caught.value)


def test_an_input_without_a_past_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"silver\.u has no history"):
        rewrite_as_of(read("SELECT c FROM silver.u"), {})


def test_the_query_may_not_return_as_of() -> None:
    with pytest.raises(DeclarationError, match="as_of is added by the library"):
        rewrite_as_of(read("SELECT c, :as_of AS as_of FROM silver.u"), KNOWN)


HISTORY = [  # seg, valid_from, valid_to, known_from
    ("late", "2026-01-02 10:00:00", None, "2026-01-05"),
    ("first", "2026-01-01 10:00:00", "2026-01-02 10:00:00", "2026-01-01"),
    ("fixed", "2026-01-01 10:00:00", "2026-01-02 10:00:00", "2026-01-03"),
    ("gone", "2026-01-07 10:00:00", "2026-01-07 10:00:00", "2026-01-07"),
    ("back", "2026-01-09 10:00:00", None, "2026-01-08"),
]


@pytest.mark.parametrize(
    ("day", "seg"),
    [
        (date(2025, 12, 31), []),
        (date(2026, 1, 1), ["first"]),  # valid since ten o'clock of the day itself
        (date(2026, 1, 2), ["first"]),  # the second version is not known yet
        (date(2026, 1, 3), ["fixed"]),  # the same moment, known better
        (date(2026, 1, 5), ["late"]),
        (date(2026, 1, 7), []),  # a deletion
        (date(2026, 1, 8), []),  # known, and not valid before tomorrow
        (date(2026, 1, 9), ["back"]),
    ],
)
def test_a_history_is_seen_as_known_and_valid_on_the_day(
    spark: SparkSession, day: date, seg: list[str]
) -> None:
    text = "c string, seg string, valid_from string, valid_to string, known_from string"
    rows = spark.createDataFrame([("a", *row) for row in HISTORY], text).selectExpr(
        "c", "seg", "valid_from::timestamp", "valid_to::timestamp", "known_from::date"
    )
    query = rewrite_as_of(read("SELECT seg FROM silver.u"), KNOWN)
    result = run(spark, query, {"silver.u": rows}, {"as_of": day})
    assert [row.seg for row in result.collect()] == seg


@pytest.mark.parametrize(
    ("day", "known_by", "seg"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), ["first"]),
        (date(2026, 1, 1), date(2026, 1, 9), ["fixed"]),  # the correction of day 3
        (date(2026, 1, 2), date(2026, 1, 4), ["fixed"]),  # the second version is not known yet
        (date(2026, 1, 2), date(2026, 1, 5), ["late"]),  # it held since day 2
        (date(2026, 1, 6), date(2026, 1, 9), ["late"]),  # before the deletion of day 7
        (date(2026, 1, 9), date(2026, 1, 7), []),  # deleted, and not yet known to come back
        (date(2026, 1, 9), date(2026, 1, 8), ["back"]),  # announced a day ahead
    ],
)
def test_a_history_is_seen_as_valid_on_a_day_by_what_was_known_on_another(
    spark: SparkSession, day: date, known_by: date, seg: list[str]
) -> None:
    text = "c string, seg string, valid_from string, valid_to string, known_from string"
    rows = spark.createDataFrame([("a", *row) for row in HISTORY], text).selectExpr(
        "c", "seg", "valid_from::timestamp", "valid_to::timestamp", "known_from::date"
    )
    query = rewrite_as_of(read("SELECT seg FROM silver.u"), KNOWN, known_by="known_by")
    result = run(spark, query, {"silver.u": rows}, {"as_of": day, "known_by": known_by})
    assert [row.seg for row in result.collect()] == seg


@pytest.mark.parametrize(
    ("kind", "column", "rows"),
    [("date", "day", ["2026-01-04", "2026-01-05"]), ("timestamp", "ts", ["2026-01-04 00:00:00"])],
)
def test_a_lookback_is_whole_days_that_end_with_the_day(
    spark: SparkSession, kind: str, column: str, rows: list[str]
) -> None:
    known = TableHistory("append", (column,), cluster_by=column, cluster_type=kind, lookback_days=2)  # type: ignore[arg-type]
    early = "2026-01-03" if kind == "date" else "2026-01-03 23:59:59"
    held = spark.createDataFrame([(one,) for one in [early, *rows, None]], f"{column} string")
    held = held.selectExpr(f"{column}::{kind}", "DATE'2026-01-01' AS _known_date")
    query = rewrite_as_of(read(f"SELECT {column}::string AS x FROM silver.o"), {"silver.o": known})
    result = run(spark, query, {"silver.o": held}, {"as_of": date(2026, 1, 5)})
    assert sorted(row.x for row in result.collect()) == rows
