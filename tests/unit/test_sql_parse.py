"""What a declared query may contain, and the errors for everything else."""

from __future__ import annotations

import pytest

from lakehouse.errors import DeclarationError
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query

INPUTS = ["silver.orders", "silver.stores"]


def read(text: str) -> Query:
    return parse(text, file="gold/x.sql", inputs=INPUTS, parameters=["as_of"])


def refusal(text: str) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read(text)
    return caught.value


OTHER_RELATIONS = [
    "SELECT * FROM orders",
    "SELECT * FROM main.silver.orders",
    "SELECT * FROM `silver.orders`",
    "SELECT * FROM parquet.`/lake/orders`",
    "SELECT * FROM delta.`/lake/orders`",
    "SELECT * FROM silver.orders VERSION AS OF 3",
    "SELECT * FROM silver.orders TIMESTAMP AS OF '2026-01-01'",
    "SELECT * FROM silver.orders@v3",
    "SELECT * FROM silver.orders TABLESAMPLE (10 PERCENT)",
    "SELECT * FROM IDENTIFIER('silver.' || 'orders')",
    "SELECT * FROM TABLE(f())",
    "SELECT * FROM read_files('s3://lake')",
    "SELECT * FROM table_changes('silver.orders', 1)",
    "SELECT * FROM STREAM(silver.orders)",
    "SELECT * FROM _library.days, silver.orders",
    "SELECT (SELECT max(x) FROM gold.x) AS m FROM silver.orders",
    "SELECT x FROM silver.orders WHERE EXISTS (SELECT 1 FROM bronze.orders)",
    "SELECT x FROM silver.orders WHERE x IN (SELECT x FROM bronze.orders)",
    "SELECT max(x) AS x FROM silver.orders HAVING max(x) > (SELECT 1 FROM gold.x)",
    "SELECT x FROM silver.orders o JOIN silver.stores s ON s.id IN (SELECT id FROM a.b)",
    "SELECT x FROM silver.orders, bronze.orders",
    "SELECT x FROM silver.orders UNION ALL SELECT x FROM bronze.orders",
    "SELECT x FROM silver.orders, LATERAL (SELECT 1 FROM bronze.orders) AS b",
    "SELECT * FROM silver.orders PIVOT (sum(x) FOR y IN ('a')), bronze.orders",
    "SELECT x FROM silver.orders /* , */ -- FROM silver.stores\n, bronze.orders",
    "WITH b AS (SELECT * FROM a), a AS (SELECT * FROM silver.orders) SELECT * FROM a, b",
    "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders, silver.orders o",
    "WITH a AS (WITH z AS (SELECT 1 AS x) SELECT * FROM z) SELECT * FROM a, z, silver.orders",
    "SELECT * FROM (WITH z AS (SELECT * FROM silver.orders) SELECT * FROM z) q JOIN z",
    "WITH `silver.orders` AS (SELECT 1 AS x) SELECT * FROM `silver.orders`, silver.orders",
    "SELECT /*+ BROADCAST(s) */ x FROM silver.orders, raw",
    "SELECT EXTRACT(`YEAR FROM (SELECT max(d) FROM bronze.x)) + EXTRACT(YEAR` FROM d) AS y "
    "FROM silver.orders",
]


@pytest.mark.parametrize("text", OTHER_RELATIONS)
def test_a_relation_that_is_not_declared_is_refused(text: str) -> None:
    assert refusal(text).where is not None


CLOCK_CHANCE_AND_SESSION = [
    "current_date",
    "`current_date`",
    "current_date()",
    "CURRENT_TIMESTAMP",
    "now()",
    "`now` ( )",
    "localtimestamp",
    "unix_timestamp()",
    "curdate()",
    "rand()",
    "uuid()",
    "shuffle(xs)",
    "monotonically_increasing_id()",
    "current_user",
    "session_user()",
    "user",
    "current_catalog()",
    "version()",
    "input_file_name()",
    "orders._metadata.file_path",
    "reflect('java.lang.System', 'getenv', 'X')",
    "java_method('java.lang.System', 'currentTimeMillis')",
    "try_reflect('java.lang.System', 'currentTimeMillis')",
    "ai_query('m', x)",
    "raise_error(email)",
    "my_function(x)",
    "spark_catalog.default.f(x)",
    "system.builtin.rand()",
    "DATE'today'",
    "TIMESTAMP' Now UTC'",
    "d <= 'today'",
    "CAST('yesterday' AS DATE)",
    "to_date('Tomorrow')",
    "array('now')",
    "CAST('to' || 'day' AS DATE)",
    "'to' 'day'",
    "CAST(lower('TO') || lower('DAY') AS DATE)",
    "CAST(CAST(X'746F646179' AS STRING) AS DATE)",
    "aggregate(array('to', 'day'), '', (a, x) -> a || x)",
    "array('to', 'day')[0] || 'x'",
]


@pytest.mark.parametrize("expression", CLOCK_CHANCE_AND_SESSION)
def test_a_result_depends_on_the_inputs_alone(expression: str) -> None:
    refusal(f"SELECT {expression} AS x FROM silver.orders")


NO_SINGLE_QUERY = [
    "",
    "SELECT 1",
    "TABLE silver.orders",
    "DELETE FROM silver.orders",
    "INSERT INTO silver.orders SELECT * FROM silver.orders",
    "FROM silver.orders INSERT INTO silver.stores SELECT *",
    "WITH a AS (SELECT * FROM silver.orders) INSERT INTO b SELECT * FROM a",
    "CREATE TABLE x AS SELECT * FROM silver.orders",
    "SET spark.sql.ansi.enabled = false",
    "SELECT * FROM silver.orders; DROP TABLE silver.orders",
    "SELECT TRANSFORM(x) USING 'cat' FROM silver.orders",
    "SELECT * INTO b FROM silver.orders",
    "SELECT x FROM silver.orders WHERE",
    "SELECT 'x FROM silver.orders",
    "SELECT ${x} FROM silver.orders",
    "SELECT '${env:HOME}' AS x FROM silver.orders",
    "SELECT `${x}` FROM silver.orders",
    "SELECT {{ ref('x') }} FROM silver.orders",
    "{% if x %} SELECT * FROM silver.orders {% endif %}",
    "SELECT ? FROM silver.orders",
    "SELECT {x} FROM silver.orders",
    "SELECT CAST(x AS TIME) FROM silver.orders",
    "SELECT ts - INTERVAL 1 DAY 2 HOURS FROM silver.orders",
    "SELECT * FROM (silver.orders o JOIN silver.stores s ON true)",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
    "WITH a AS (SELECT 1 AS x), A AS (SELECT 2 AS x) SELECT * FROM a, silver.orders",
    "WITH a AS (SELECT * FROM silver.stores) SELECT * FROM silver.orders",
    "SELECT * FROM silver.orders, silver.orders",
    "SELECT x AS _known_date FROM silver.orders",
    "SELECT * FROM silver.orders AS _days",
]


@pytest.mark.parametrize("text", NO_SINGLE_QUERY)
def test_anything_but_a_single_select_is_refused(text: str) -> None:
    refusal(text)


def test_the_error_names_file_line_inputs_and_what_to_do() -> None:
    error = refusal("SELECT x\nFROM silver.orders o\nJOIN silver.customers c ON c.id = o.id")
    assert str(error) == (
        "gold/x.sql:3: silver.customers is not a declared input; "
        "declared: silver.orders, silver.stores\n  add it under lookups: in x.yml"
    )


def test_a_near_miss_is_named() -> None:
    assert "did you mean 'silver.orders'?" in refusal("SELECT * FROM silver.order").message


def test_a_parser_error_has_its_line() -> None:
    assert refusal("SELECT x\nFROM silver.orders\nGROUP x").where == "gold/x.sql:3"


def test_an_undeclared_parameter_is_refused() -> None:
    assert "known: :as_of" in refusal("SELECT :until AS x FROM silver.orders").message


ALLOWED = [
    "SELECT 'nowhere' AS a, 'today we sell' AS b, o.user AS c FROM silver.orders o",
    "SELECT CAST(NULL AS STRING) AS a, transform(xs, x -> x || '!') AS b FROM silver.orders",
    "SELECT 'long ' 'text' AS a, concat('#', x) AS b FROM silver.orders",
    "SELECT /*+ BROADCAST(s) */ o.x FROM silver.orders o JOIN silver.stores s ON o.k = s.k",
    "SELECT * FROM silver.orders, VALUES (1), (2) AS v(n)",
    "SELECT * FROM silver.orders o LATERAL VIEW OUTER posexplode(o.lines) l AS n, line",
    "SELECT * FROM silver.orders o, LATERAL explode(o.lines) AS l(line)",
    "FROM silver.orders SELECT x",
    "SELECT k, max(struct(ts, x)).x AS newest FROM silver.orders GROUP BY k",
    "SELECT count(*) FILTER (WHERE d <= :as_of) AS n FROM silver.orders GROUP BY ALL",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_plain_spark_sql_is_read(text: str) -> None:
    assert "silver.orders" in read(text).inputs


def test_a_with_may_have_the_last_name_of_its_input() -> None:
    query = read("WITH orders AS (SELECT * FROM silver.orders) SELECT orders.x FROM orders")
    assert query.inputs == {"silver.orders"}


def test_columns_qualified_by_schema_and_table_are_qualified_by_the_alias() -> None:
    query = read(
        "SELECT silver.orders.x, silver.orders.address.city, silver.orders.* FROM silver.orders"
    )
    items = [" ".join(line.split()) for line in query.sql().splitlines()]
    assert items[1:4] == ["orders.x,", "orders.address.city,", "orders.*"]


def test_output_names_are_known_unless_a_star_hides_them() -> None:
    assert read("SELECT o.x, y + 1 AS z FROM silver.orders o").output_names() == ("x", "z")
    assert read("SELECT *, 1 AS z FROM silver.orders").output_names() is None
