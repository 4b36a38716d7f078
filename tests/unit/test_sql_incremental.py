"""No affected group is missed, and recomputing the affected groups gives exact results."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.sql.affected_keys import select_affected_keys
from lakehouse.sql.bind import run
from lakehouse.sql.incremental import check, restrict_to_keys
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query

INPUTS = ["silver.o", "silver.s", "silver.t"]
KEYS = ["k", "w"]


def read(text: str) -> Query:
    return parse(text, file="gold/x.sql", inputs=INPUTS)


SOUND = [
    "SELECT k, w % 2 AS w, sum(x) AS n FROM silver.o WHERE x > 0 GROUP BY k, w % 2",
    "SELECT s.name AS k, o.w, count(*) AS n FROM silver.o o LEFT JOIN silver.s s ON s.k = o.k "
    "GROUP BY 1, 2",
    "SELECT coalesce(s.name, t.name) AS k, o.w, sum(o.x) AS n, max(t.x) AS m FROM silver.o o "
    "LEFT JOIN silver.s s ON s.k = o.k AND s.x > 0 LEFT JOIN silver.t t ON t.k = s.x "
    "GROUP BY ALL HAVING count(*) > 1",
    "SELECT k, w, count(*) AS n, count(name) AS m FROM silver.o LEFT JOIN (SELECT k, name FROM "
    "silver.s WHERE x > 0) s USING (k) LEFT ANTI JOIN silver.t USING (k) GROUP BY k, w",
    "WITH a AS (SELECT o.k, o.w, s.name, o.x FROM silver.o o JOIN silver.s s ON s.k = o.k) "
    "SELECT a.name AS k, l.y AS w, sum(x) AS n FROM a LATERAL VIEW OUTER explode(array(w, x)) l "
    "AS y GROUP BY 1, 2",
    "SELECT o.k, t.name AS w, count(*) AS n FROM silver.o o LEFT SEMI JOIN silver.s s ON s.k = "
    "o.k, silver.t t WHERE t.k = o.k OR t.x = 1 GROUP BY o.k, t.name",
]


def random_rows(chance: random.Random) -> dict[str, set[tuple[object, ...]]]:
    def key() -> object:
        return chance.choice([None, 1, 2, 3])

    orders: set[tuple[object, ...]] = {
        (n, key(), chance.choice([1, 2, None]), chance.randint(-1, 3)) for n in range(7)
    }
    others: list[set[tuple[object, ...]]] = [
        {(n, key(), chance.choice(["a", "b", None]), chance.randint(-1, 3)) for n in range(3)}
        for _ in range(2)
    ]
    return {"silver.o": orders, "silver.s": others[0], "silver.t": others[1]}


def frame(spark: SparkSession, name: str, rows: set[tuple[object, ...]]) -> DataFrame:
    third = "w int" if name == "silver.o" else "name string"
    return spark.createDataFrame(sorted(rows, key=str), f"id int, k int, {third}, x int")


def groups(result: DataFrame) -> dict[tuple[object, ...], tuple[object, ...]]:
    return {tuple(row[:2]): tuple(row) for row in result.collect()}


@pytest.mark.parametrize("text", SOUND)
@pytest.mark.parametrize("seed", [1, 2])
def test_affected_groups_computed_again_give_a_rebuild(
    spark: SparkSession, text: str, seed: int
) -> None:
    chance = random.Random(seed)
    before, after = random_rows(chance), random_rows(chance)
    for name in before:  # a part of the rows stays, and sometimes a whole table
        kept = {row for row in before[name] if chance.random() < 0.6}
        drawn = {(100 + int(str(row[0])), *row[1:]) for row in after[name]}
        after[name] = before[name] if chance.random() < 0.3 else kept | drawn
    query = read(text)
    check(query, KEYS)
    missed = differing_groups(spark, query, before, after) - affected(spark, query, before, after)
    assert missed == set()


def differing_groups(
    spark: SparkSession,
    query: Query,
    before: dict[str, set[tuple[object, ...]]],
    after: dict[str, set[tuple[object, ...]]],
) -> set[tuple[object, ...]]:
    old, new = (
        groups(run(spark, query, {name: frame(spark, name, rows) for name, rows in state.items()}))
        for state in (before, after)
    )
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def affected(
    spark: SparkSession,
    query: Query,
    before: dict[str, set[tuple[object, ...]]],
    after: dict[str, set[tuple[object, ...]]],
) -> set[tuple[object, ...]]:
    moved = [name for name in query.inputs if before[name] != after[name]]
    affected_groups: set[tuple[object, ...]] = set()
    for changed in moved:
        frames = {name: frame(spark, name, before[name] | after[name]) for name in query.inputs}
        frames[changed] = frame(spark, changed, before[changed] ^ after[changed])
        affected_keys = select_affected_keys(query, KEYS, changed, moved)
        affected_groups |= {tuple(row) for row in run(spark, affected_keys, frames).collect()}
    return affected_groups


@pytest.mark.parametrize("text", SOUND)
def test_only_the_affected_groups_are_computed(spark: SparkSession, text: str) -> None:
    rows = random_rows(random.Random(7))
    frames = {name: frame(spark, name, some) for name, some in rows.items()}
    query = read(text)
    whole = run(spark, query, frames)
    wanted = whole.select("k", "w").limit(2).collect()
    affected_keys = spark.createDataFrame(wanted, whole.select("k", "w").schema)
    part = groups(run(spark, restrict_to_keys(query, KEYS), {**frames, "affected": affected_keys}))
    assert part == {tuple(key): groups(whole)[tuple(key)] for key in wanted}


def test_rows_are_filtered_by_a_hash_join_before_they_are_grouped(
    spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = random_rows(random.Random(1))
    frames = {name: frame(spark, name, some) for name, some in rows.items()}
    affected_keys = spark.createDataFrame([("a", 1)], "k string, w int")
    run(
        spark, restrict_to_keys(read(SOUND[1]), KEYS), {**frames, "affected": affected_keys}
    ).explain()
    plan = capsys.readouterr().out
    joins = [line for line in plan.splitlines() if "LeftSemi" in line]
    assert len(joins) == 1
    assert "HashJoin" in joins[0] or "SortMergeJoin" in joins[0]
    assert plan.index("HashAggregate") < plan.index("LeftSemi")


def test_a_changed_lookup_affects_its_own_groups_only(spark: SparkSession) -> None:
    query = read(
        "SELECT o.k, o.w, count(s.name) AS n FROM silver.o o LEFT JOIN silver.s s ON s.k = o.k "
        "GROUP BY o.k, o.w"
    )
    frames = {
        "silver.o": frame(spark, "silver.o", {(1, 1, 1, 1), (2, 2, 1, 1)}),
        "silver.s": frame(spark, "silver.s", {(1, 2, "a", 1)}),
    }
    affected_keys = run(spark, select_affected_keys(query, KEYS, "silver.s"), frames)
    assert [tuple(row) for row in affected_keys.collect()] == [(2, 1)]


def refused_by_groups() -> list[tuple[str, str]]:
    return [
        ("SELECT k, w, sum(x) AS n FROM silver.o GROUP BY k", "'w' is not in GROUP BY"),
        ("SELECT k, w, z, sum(x) AS n FROM silver.o GROUP BY k, w, z", "GROUP BY z is not a key"),
        ("SELECT k, w, z, sum(x) AS n FROM silver.o GROUP BY ALL", "GROUP BY z is not a key"),
        ("SELECT k, sum(x) AS n FROM silver.o GROUP BY k", "'w' is not an output column"),
        ("SELECT k, sum(x) AS w FROM silver.o GROUP BY k", "not computed from one row"),
        ("SELECT k, date_trunc('week', w) AS w FROM silver.o GROUP BY k, w", "means the column"),
        (
            "SELECT d AS k, k + 1 AS w, max(x) AS n FROM silver.o GROUP BY 1, 2",
            "depends on another output",
        ),
        ("SELECT DISTINCT k, w FROM silver.o GROUP BY k, w", "DISTINCT"),
        ("SELECT k, w FROM silver.o GROUP BY k, w LIMIT 3", "LIMIT"),
        ("SELECT k, w, sum(x) AS n FROM silver.o GROUP BY ROLLUP (k, w)", "ROLLUP"),
        ("SELECT k, w, sum(x) AS n FROM silver.o GROUP BY k, w WITH CUBE", "ROLLUP, CUBE"),
        ("SELECT k, w, sum(sum(x)) OVER () AS n FROM silver.o GROUP BY k, w", "WINDOW"),
        ("SELECT k, w FROM silver.o WHERE k IN (SELECT k FROM silver.s) GROUP BY k, w", "subquery"),
        ("SELECT k, w FROM silver.o GROUP BY k, w HAVING (SELECT true FROM silver.s)", "subquery"),
        ("SELECT a.k, a.w FROM silver.o a, silver.o b GROUP BY a.k, a.w", "read 2 times"),
        ("SELECT k, w FROM (SELECT k, w, max(x) FROM silver.o GROUP BY ALL) GROUP BY k, w", "part"),
        ("SELECT k, w FROM silver.o GROUP BY k, w UNION ALL SELECT 1, 2 FROM silver.s", "one SEL"),
        ("SELECT k, w, explode(collect_list(x)) AS n FROM silver.o GROUP BY k, w", "generator"),
        ("SELECT k, w FROM silver.o FULL JOIN silver.s USING (k) GROUP BY k, w", "FULL JOIN"),
        ("SELECT k, window(d, '1 day') AS w FROM silver.o GROUP BY ALL", "generator"),
        ("SELECT max(x) AS k, 1 AS w FROM silver.o", "'k' is not computed"),
    ]


@pytest.mark.parametrize(("text", "said"), refused_by_groups())
def test_what_cannot_be_computed_by_groups_is_refused(text: str, said: str) -> None:
    with pytest.raises(DeclarationError, match=said) as caught:
        check(read(text), KEYS)
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("aggregate", "instead"),
    [
        ("first(x)", "write min(x) or max(x)"),
        ("first(x) IGNORE NULLS", "write min(x) or max(x)"),
        ("last_value(x)", "write min(x) or max(x)"),
        ("ANY_VALUE(x) FILTER (WHERE x > 1)", "write min(x) or max(x)"),
        ("1 + coalesce(any_value(x), 0)", "write min(x) or max(x)"),
        ("max_by(x, w)", "max(struct(y, x)).x"),
        ("min_by(x, w)", "min(struct(y, x)).x"),
        ("collect_list(x)", "sort_array(collect_list(x))"),
        ("collect_set(x)", "sort_array(collect_set(x))"),
        ("array_agg(x)[0]", "sort_array(array_agg(x))"),
        ("array_sort(collect_list(x), (a, b) -> 0)", "sort_array(collect_list(x))"),
        ("listagg(x, ',')", "WITHIN GROUP (ORDER BY x)"),
        ("listagg(x, ',') WITHIN GROUP (ORDER BY id)", "WITHIN GROUP (ORDER BY x)"),
        ("mode(x)", "mode(x, true)"),
        ("percentile_approx(x, 0.5)", "percentile(x, p)"),
    ],
)
def test_a_non_deterministic_aggregate_is_refused(aggregate: str, instead: str) -> None:
    text = f"SELECT k, w,\n{aggregate} AS n FROM silver.o GROUP BY k, w"
    with pytest.raises(DeclarationError, match="full refresh") as caught:
        check(read(text), KEYS)
    assert instead in str(caught.value.hint)
    assert str(caught.value.hint).endswith(", or declare write: rebuild")
    assert caught.value.where == "gold/x.sql:2"


def test_a_choice_in_having_is_refused() -> None:
    with pytest.raises(DeclarationError, match="first"):
        check(read("SELECT k, w FROM silver.o GROUP BY k, w HAVING first(x) > 1"), KEYS)


@pytest.mark.parametrize(
    "aggregate",
    [
        "max(struct(id, x)).x",
        "sort_array(collect_set(x))",
        "array_sort(collect_list(x) FILTER (WHERE x > 1))",
        "size(collect_set(x))",
        "listagg(x, ',') WITHIN GROUP (ORDER BY x)",
        "listagg(name, ',') WITHIN GROUP (ORDER BY id, name)",
        "mode(x, true)",
        "mode() WITHIN GROUP (ORDER BY x)",
        "percentile(x, 0.5)",
        "approx_count_distinct(x)",
        "count(DISTINCT x)",
    ],
)
def test_a_deterministic_aggregate_is_accepted(aggregate: str) -> None:
    check(read(f"SELECT k, w, {aggregate} AS n FROM silver.o GROUP BY k, w"), KEYS)
