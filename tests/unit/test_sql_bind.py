"""Names are bound to the given DataFrames, and the bound SQL means what was written."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError, RunFailed
from lakehouse.sql.bind import run
from lakehouse.sql.columns import infer_columns
from lakehouse.sql.dialect import to_sql
from lakehouse.sql.parameters import bind_constants, render_sql
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query

INPUTS = ["silver.orders", "silver.stores"]


def read(text: str) -> Query:
    return parse(text, file="gold/x.sql", inputs=INPUTS, parameters=["as_of"])


@pytest.fixture(scope="module")
def orders(spark: SparkSession) -> DataFrame:
    return spark.sql("SELECT 1 AS id, 10 AS amount, DATE'2026-01-01' AS day, 'a{b' AS note")


def test_a_name_is_the_given_frame_under_every_way_to_write_it(
    spark: SparkSession, orders: DataFrame
) -> None:
    query = read("SELECT silver.orders.id, orders.amount, `orders`.day FROM silver.orders")
    assert_df_equality(run(spark, query, {"silver.orders": orders}), orders.drop("note"))


def test_a_table_of_the_catalog_is_never_read(spark: SparkSession, orders: DataFrame) -> None:
    spark.range(1).selectExpr("99 AS id").createOrReplaceTempView("orders")
    query = read("WITH orders AS (SELECT id FROM silver.orders) SELECT id FROM orders")
    result = run(spark, query, {"silver.orders": orders})
    assert_df_equality(result, orders.select("id"))
    spark.catalog.dropTempView("orders")


def test_braces_are_text(spark: SparkSession, orders: DataFrame) -> None:
    query = read("SELECT '{t0}' AS a FROM silver.orders WHERE note LIKE '%{%'")
    expected = spark.sql("SELECT '{t0}' AS a")
    assert_df_equality(run(spark, query, {"silver.orders": orders}), expected)


def test_no_view_is_left_behind(spark: SparkSession, orders: DataFrame) -> None:
    run(spark, read("SELECT id FROM silver.orders"), {"silver.orders": orders})
    assert [t.name for t in spark.catalog.listTables() if t.name.startswith("_pyspark")] == []


def test_a_parameter_is_a_date(spark: SparkSession, orders: DataFrame) -> None:
    query = read("SELECT datediff(:as_of, day) AS age FROM silver.orders")
    result = run(spark, query, {"silver.orders": orders}, {"as_of": date(2026, 1, 5)})
    assert_df_equality(result, spark.sql("SELECT 4 AS age"), ignore_nullable=True)


def test_a_constant_is_bound_before_the_days() -> None:
    query = parse(
        "SELECT date_sub(day, :shift) AS d FROM silver.orders", file="x.sql", inputs=INPUTS,
        parameters=["shift"],
    )  # fmt: skip
    assert "DATE_SUB(DAY, 6)" in render_sql(bind_constants(query, {"shift": 6})).upper()


def test_the_bound_text_names_inputs_and_days() -> None:
    text = render_sql(read("SELECT :as_of AS d FROM silver.orders"), {"as_of": date(2026, 1, 5)})
    assert " ".join(text.split()) == (
        "SELECT CAST('2026-01-05' AS DATE) AS d FROM silver.orders AS orders"
    )


@pytest.mark.parametrize("value", [None, datetime(2026, 1, 5), "2026-01-05"])  # noqa: DTZ001
def test_a_parameter_without_a_date_stops_the_run(value: object) -> None:
    with pytest.raises(RunFailed, match="no date was given for :as_of"):
        render_sql(read("SELECT :as_of AS d FROM silver.orders"), {"as_of": value})  # type: ignore[dict-item]


def test_a_missing_frame_stops_the_run(spark: SparkSession) -> None:
    with pytest.raises(RunFailed, match=r"no frame was given for silver\.orders"):
        run(spark, read("SELECT 1 AS x FROM silver.orders"), {})


def test_an_unknown_column_is_an_error_with_its_line(
    spark: SparkSession, orders: DataFrame
) -> None:
    query = read("SELECT id,\n  amuont\nFROM silver.orders")
    with pytest.raises(DeclarationError) as caught:
        run(spark, query, {"silver.orders": orders})
    assert str(caught.value) == "gold/x.sql:2: no column 'amuont'; did you mean 'amount'?"


def test_another_refusal_of_spark_is_shown_without_its_plan(
    spark: SparkSession, orders: DataFrame
) -> None:
    query = read("SELECT id, sum(amount) AS s FROM silver.orders GROUP BY day")
    with pytest.raises(DeclarationError, match="GROUP BY") as caught:
        run(spark, query, {"silver.orders": orders})
    assert "\n" not in caught.value.message


EXPRESSIONS = """
date_trunc('QUARTER', ts), date_trunc('week', ts), trunc(d, 'MM'), date_add(d, 1), date_sub(d, 1)
datediff(d, DATE'2026-01-01'), datediff(DAY, ts, d)
dateadd(MONTH, 1, d), timestampdiff(HOUR, ts, d)
dayofweek(d), weekday(d), weekofyear(d), extract(DOW FROM d), extract(YEAR FROM ts), last_day(d)
date_format(ts, 'yyyy-MM'), to_date('2026-02-03'), to_date('2026', 'yyyy'), make_date(2026, 1, 2)
ts + INTERVAL 90 DAYS, d - INTERVAL '1' MONTH
ts - INTERVAL '1 day 2 hours', d + 1, d - DATE'2026-01-01'
d + INTERVAL '1-2' YEAR TO MONTH
ts - (INTERVAL 1 DAY + INTERVAL 2 HOUR), TIMESTAMP'2026-01-02 03:04:05'
try_cast(s AS INT), s::STRING, n::DECIMAL(18, 2)
try_divide(n, 0), n / 3, n DIV 3, n % 3, mod(n, 3), -n
1.50, 1.50BD, 1e2, 1.5D, 7L, 2Y, .5, round(2.5)
bround(2.5), CAST('1.005' AS DECIMAL(4, 3)), 3 / 2 * 2
n <=> NULL, NULL <=> NULL, NOT n <=> 3, n = 3 IS NULL, n IS NOT DISTINCT FROM 3, NOT n IN (1, 2)
n BETWEEN 1 AND 5 AND true, NOT n BETWEEN 1 AND 2, n & 2 | 4 ^ 1, ~n, !(n = 3), n != 3, n == 3
s RLIKE '^a\\\\d', s RLIKE r'^a\\d', s LIKE 'a\\%b'
s LIKE 'a!%' ESCAPE '!', s ILIKE 'A%', s LIKE ANY ('a%', 'b')
'it''s', "dq"
'a\\'b', 'tab\\t', 'new\\nline', 'back\\\\slash', r'raw\\n', '\\u0041', 'café', 'a\\_b', '\\101'
regexp_replace(s, '(a)(\\\\d)', '$2$1'), regexp_extract(s, '(\\\\d)', 1)
split(s, '[12]'), concat_ws('-', s, NULL)
s || n, concat(s, 'x'), trim(s), substring(s, 1, 2)
substr(s, -1), left(s, 1), position('1', s), initcap(s)
transform(xs, x -> x + 1), filter(xs, (x, i) -> i > 0)
aggregate(xs, 0, (a, x) -> a + x), exists(xs, x -> x > 2)
xs[0], element_at(xs, -1), try_element_at(xs, 9), size(xs)
array_sort(xs), sort_array(xs, false), reverse(xs)
m['k'], map('a', 1, 'b', 2), map_from_arrays(array(1), array(2)), map_keys(m)
st.f, struct(n AS z, s), st
named_struct('a', 1, 'b', s), to_json(struct(n))
from_json('{"a": 1}' || substring(s, 9), 'a INT'), sequence(1, 3)
if(n > 1, 'y', 'z'), nvl(NULL, n), ifnull(NULL, n)
nvl2(n, 1, 2), coalesce(NULL, n), nullif(n, 3), greatest(n, 9)
CASE n WHEN 3 THEN 'three' ELSE 'other' END, CASE WHEN n > 5 THEN 1 END
decode(n, 3, 'c', 'd'), ceil(2.1), floor(-2.1)
X'1F', sha2(s, 256), md5(s), unix_timestamp(ts)
from_unixtime(0), hash(n), typeof(1.50), typeof(n / 2)
""".strip().splitlines()
AGGREGATES = """
count(*), count(DISTINCT n, s), count(n) FILTER (WHERE d <=> NULL), count_if(n > 1)
sum(n) FILTER (WHERE n > 2)
percentile(n, 0.5), percentile_approx(n, 0.5), percentile_cont(0.5) WITHIN GROUP (ORDER BY n DESC)
median(n)
max_by(s, n), min_by(s, n), any(n > 2), every(n > 0), bool_or(n > 3), mode(n)
sort_array(collect_set(n)), avg(n)
listagg(s, ',') WITHIN GROUP (ORDER BY s), approx_count_distinct(n), stddev(n), array_agg(n)
first(n, true)
""".strip().splitlines()
CLAUSES = [
    "SELECT n, x FROM {v} LATERAL VIEW OUTER explode(xs) l AS x",
    "SELECT n, p, x FROM {v} LATERAL VIEW posexplode(xs) l AS p, x WHERE x > 1",
    "SELECT n, e.y FROM {v} AS v, LATERAL explode(v.xs) AS e(y)",
    "SELECT n, sum(n) OVER (PARTITION BY s ORDER BY n DESC NULLS LAST ROWS BETWEEN 1 PRECEDING "
    "AND CURRENT ROW) AS a, lag(n) IGNORE NULLS OVER w AS b FROM {v} WINDOW w AS (ORDER BY n)",
    "SELECT n, sum(n) OVER (ORDER BY d RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) "
    "AS a, rank() OVER (ORDER BY s NULLS LAST) AS r FROM {v}",
    "SELECT s, count(*) AS c FROM {v} GROUP BY s WITH ROLLUP",
    "SELECT s, n, count(*) AS c FROM {v} GROUP BY GROUPING SETS ((s), (n), ())",
    "SELECT s, sum(n) AS c FROM {v} GROUP BY ALL HAVING sum(n) > 1 ORDER BY 2 DESC LIMIT 1",
    "SELECT * EXCEPT (xs, m, st) FROM {v}",
    "SELECT n FROM {v} EXCEPT SELECT 3 INTERSECT SELECT 4",
    "(SELECT n FROM {v}) UNION ALL (SELECT n + 1 FROM {v}) MINUS SELECT 9",
    "SELECT a.n, b.n AS o FROM {v} a, {v} b LEFT JOIN VALUES (3) AS c(k) ON c.k = a.n",
    "SELECT n FROM {v} LEFT ANTI JOIN VALUES (3) AS c(n) USING (n)",
    "SELECT n FROM {v} a WHERE EXISTS (SELECT 1 FROM VALUES (3) AS c(k) WHERE c.k = a.n)",
    "SELECT * FROM (SELECT s, n FROM {v}) PIVOT (sum(n) AS t FOR s IN ('a1' AS one, 'b2'))",
    "SELECT * FROM (SELECT n, n * 2 AS o FROM {v}) UNPIVOT (w FOR k IN (n, o))",
    "SELECT n FROM {v} QUALIFY row_number() OVER (PARTITION BY s ORDER BY n) = 1",
    "WITH a(k) AS (SELECT n FROM {v}), b AS (WITH c AS (SELECT k + 1 AS k FROM a) SELECT k "
    "FROM c) SELECT a.k, b.k AS j FROM a JOIN b ON b.k > a.k",
    "SELECT n FROM {v} WHERE NOT (s = 'a1' OR n = 3) AND n > 0 OR s IS NULL",
]


@pytest.fixture(scope="module")
def tiny(spark: SparkSession) -> DataFrame:
    frame = spark.sql("""
        SELECT * FROM VALUES
          (3, 'a1', DATE'2026-01-15', TIMESTAMP'2026-01-15 10:20:30', array(3, 1, 2)),
          (5, 'b2', DATE'2026-01-16', TIMESTAMP'2026-01-16 00:00:00', array()),
          (NULL, 'a1', NULL, TIMESTAMP'2026-03-01 23:59:59', NULL)
        AS t(n, s, d, ts, xs)""").selectExpr("*", "map('k', n) AS m", "struct(n AS f) AS st")
    frame.createOrReplaceTempView("tiny_rows")
    return frame


def check_same(spark: SparkSession, tiny: DataFrame, written: str, read_as: str) -> None:
    query = parse(written, file="x.sql", inputs=["silver.v"])
    ours = run(spark, query, {"silver.v": tiny})
    theirs = spark.sql(read_as)
    assert infer_columns(query, {"silver.v": tuple(tiny.columns)}) in (None, tuple(theirs.columns))
    assert [t for _, t in ours.dtypes] == [t for _, t in theirs.dtypes], to_sql(query.tree)
    rows, expected = ours.collect(), theirs.collect()
    assert sorted(map(repr, map(tuple, rows))) == sorted(map(repr, map(tuple, expected)))


@pytest.mark.parametrize("items", EXPRESSIONS + AGGREGATES)
def test_the_bound_sql_means_what_was_written(
    spark: SparkSession, tiny: DataFrame, items: str
) -> None:
    where = "" if items in AGGREGATES else "WHERE n = 3"
    written = f"SELECT {items} FROM silver.v {where}"
    check_same(spark, tiny, written, f"SELECT {items} FROM tiny_rows AS v {where}")


@pytest.mark.parametrize("text", CLAUSES)
def test_clauses_mean_what_was_written(spark: SparkSession, tiny: DataFrame, text: str) -> None:
    check_same(spark, tiny, text.replace("{v}", "silver.v"), text.replace("{v}", "tiny_rows"))
