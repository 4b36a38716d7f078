"""Hidden columns stay with their row; lookups are read as of its day."""

from __future__ import annotations

from datetime import date

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import DeclarationError
from lakehouse.sql.bind import run
from lakehouse.sql.hidden_columns import add_hidden_columns
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query

INPUTS = ["bronze.orders", "silver.stores", "silver.prices"]


def with_hidden_columns(text: str) -> Query:
    query = parse(text, file="silver/x.sql", inputs=INPUTS)
    return add_hidden_columns(query, "bronze.orders", lookups=["silver.stores", "silver.prices"])


@pytest.fixture(scope="module")
def frames(spark: SparkSession) -> dict[str, DataFrame]:
    orders = spark.sql("""
        SELECT * FROM VALUES
          (1, 'a', array(7, 8), DATE'2026-01-01', false), (2, 'b', array(), DATE'2026-01-02', true)
        AS t(id, store, lines, _known_date, _malformed)""")
    stores = spark.sql("""
        SELECT * FROM VALUES
          ('a', 'Old', DATE'2026-01-01'), ('b', 'Bee', DATE'2026-01-01'),
          ('a', 'New', DATE'2026-01-02'), ('b', 'Bee', DATE'2026-01-02')
        AS t(store, name, _known_date)""")
    return {"bronze.orders": orders, "silver.stores": stores, "silver.prices": stores}


HIDDEN_1 = (date(2026, 1, 1), False)
HIDDEN_2 = (date(2026, 1, 2), True)
QUERIES = [
    ("SELECT id FROM bronze.orders", [(1, *HIDDEN_1), (2, *HIDDEN_2)]),
    ("SELECT * EXCEPT (lines, store) FROM bronze.orders", [(1, *HIDDEN_1), (2, *HIDDEN_2)]),
    ("SELECT o.id, _known_date FROM bronze.orders o", [(1, *HIDDEN_1), (2, *HIDDEN_2)]),
    (
        "SELECT id, line FROM bronze.orders LATERAL VIEW OUTER explode(lines) l AS line",
        [(1, 7, *HIDDEN_1), (1, 8, *HIDDEN_1), (2, None, *HIDDEN_2)],
    ),
    (
        "WITH a AS (SELECT * FROM bronze.orders WHERE id = 1), b (k) AS (SELECT id FROM a) "
        "SELECT k FROM b UNION ALL SELECT id FROM (SELECT id FROM bronze.orders) AS z(id)",
        [(1, *HIDDEN_1), (1, *HIDDEN_1), (2, *HIDDEN_2)],
    ),
    (
        "SELECT *, 1 AS one FROM (SELECT id FROM bronze.orders) UNION ALL "
        "SELECT id, 2 FROM bronze.orders WHERE id = 2",
        [(1, 1, *HIDDEN_1), (2, 1, *HIDDEN_2), (2, 2, *HIDDEN_2)],
    ),
    (
        "SELECT o.id, s.name FROM bronze.orders o LEFT JOIN silver.stores s "
        "ON s.store = o.store OR s.store = 'z'",
        [(1, "Old", *HIDDEN_1), (2, "Bee", *HIDDEN_2)],
    ),
    (
        "SELECT * EXCEPT (lines) FROM bronze.orders JOIN silver.stores USING (store)",
        [("a", 1, "Old", *HIDDEN_1), ("b", 2, "Bee", *HIDDEN_2)],
    ),
    (
        "SELECT * FROM (SELECT id, store AS k FROM bronze.orders) o JOIN silver.stores s "
        "ON s.store = o.k",
        [(1, "a", "a", "Old", *HIDDEN_1), (2, "b", "b", "Bee", *HIDDEN_2)],
    ),
    (
        "SELECT s.*, p.name AS other FROM bronze.orders o JOIN silver.stores s ON s.store = "
        "o.store LEFT SEMI JOIN silver.stores t ON t.name = 'Old' AND t.store = o.store "
        "JOIN silver.prices p ON p.store = s.store",
        [("a", "Old", "Old", *HIDDEN_1)],
    ),
]


@pytest.mark.parametrize(("text", "rows"), QUERIES)
def test_each_row_keeps_the_day_and_the_state_of_its_source(
    spark: SparkSession, frames: dict[str, DataFrame], text: str, rows: list[tuple[object, ...]]
) -> None:
    result = run(spark, with_hidden_columns(text), frames)
    assert result.columns[-2:] == ["_known_date", "_malformed"]
    expected = spark.createDataFrame(rows, result.schema)
    assert_df_equality(result, expected, ignore_row_order=True, ignore_nullable=True)


REFUSED = [
    ("SELECT id, count(*) AS n FROM bronze.orders GROUP BY id", "GROUP BY mixes rows"),
    ("SELECT DISTINCT id FROM bronze.orders", "DISTINCT mixes rows"),
    ("SELECT max(id) AS id FROM bronze.orders", "max\\(\\) mixes rows"),
    ("SELECT lag(id) OVER (ORDER BY id) AS p FROM bronze.orders", "a window mixes rows"),
    ("SELECT id FROM bronze.orders LIMIT 1", "LIMIT mixes rows"),
    ("SELECT * FROM bronze.orders PIVOT (sum(id) FOR store IN ('a'))", "PIVOT mixes rows"),
    ("SELECT id FROM bronze.orders UNION SELECT id FROM bronze.orders", "compares rows"),
    ("SELECT s.name FROM silver.stores s, bronze.orders", "FROM does not begin with"),
    ("SELECT a.id FROM bronze.orders a JOIN bronze.orders b ON a.id = b.id", "is read twice"),
    ("SELECT o.id FROM bronze.orders o RIGHT JOIN silver.stores s ON s.store = o.store", "RIGHT"),
    ("SELECT o.id FROM bronze.orders o, silver.stores s", "joined without ON"),
    ("SELECT id FROM bronze.orders WHERE id IN (SELECT 1 FROM silver.stores)", "reads a table"),
    ("SELECT id FROM bronze.orders WHERE id > (SELECT min(id) FROM bronze.orders)", "reads a"),
    (
        "WITH s AS (SELECT * FROM silver.stores) SELECT o.id FROM bronze.orders o JOIN s "
        "ON s.store = o.store",
        "is a lookup and can only be joined",
    ),
    ("SELECT id, s._known_date FROM bronze.orders o JOIN silver.stores s ON true", "library's"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_transformation_that_mixes_rows_is_refused(text: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        with_hidden_columns(text)


def test_an_aggregate_over_a_lookup_says_what_to_write_instead() -> None:
    text = (
        "SELECT o.id, s.n FROM bronze.orders o LEFT JOIN "
        "(SELECT store, count(*) AS n FROM silver.stores GROUP BY store) s ON s.store = o.store"
    )
    with pytest.raises(DeclarationError, match=r"silver\.stores is a lookup") as refused:
        with_hidden_columns(text)
    assert "a gold table that reads both, or in a Python transformation" in str(refused.value)
