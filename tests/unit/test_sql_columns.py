"""Which columns a query returns, and which unknown columns it names, without Spark."""

from __future__ import annotations

import pytest
import test_sql_as_of
import test_sql_bind
import test_sql_hidden_columns
import test_sql_incremental

from lakehouse.sql.columns import Columns, infer_columns
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query
from lakehouse.sql.references import find_unknown_columns

INPUTS: dict[str, Columns] = {
    "silver.o": ("id", "day", "amount", "address", "tags", "k"),
    "silver.s": ("k", "name", "day"),
    "silver.u": None,
}


def read(text: str) -> Query:
    return parse(text, file="x.sql", inputs=list(INPUTS), parameters=["as_of"])


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT id, amount AS total FROM silver.o", "id total"),
        ("SELECT * FROM silver.o", "id day amount address tags k"),
        ("SELECT o.* EXCEPT (address, TAGS) FROM silver.o AS o", "id day amount k"),
        ("SELECT *, 1 AS n FROM silver.s", "k name day n"),
        ("SELECT s.*, o.id FROM silver.o o JOIN silver.s s ON s.k = o.k", "k name day id"),
        ("SELECT * FROM silver.s s JOIN silver.s2 USING (k)".replace("s2", "o"),
         "k name day id day amount address tags"),
        ("SELECT * FROM silver.s s LEFT SEMI JOIN silver.o o ON s.k = o.k", "k name day"),
        ("SELECT * FROM silver.s NATURAL JOIN (SELECT k, day, id FROM silver.o)", "k day name id"),
        ("WITH a AS (SELECT id, day AS d FROM silver.o) SELECT * FROM a", "id d"),
        ("WITH a(x, y) AS (SELECT id, day FROM silver.o) SELECT *, x AS z FROM a", "x y z"),
        ("SELECT * FROM (SELECT id FROM silver.o) AS q(renamed)", "renamed"),
        ("SELECT * FROM (SELECT id FROM silver.o) q, (SELECT name FROM silver.s) p", "id name"),
        ("SELECT id FROM silver.o UNION ALL SELECT k FROM silver.s", "id"),
        ("SELECT address.city, o.address.zip FROM silver.o", "city zip"),
        ("SELECT s.k, t FROM silver.s s, silver.o o LATERAL VIEW explode(o.tags) l AS t", "k t"),
        ("SELECT posexplode(tags) AS (p, t) FROM silver.o", "p t"),
        ("SELECT l.* FROM silver.o o, LATERAL (SELECT o.id AS x) AS l", "x"),
        ("SELECT (id), u.a AS b FROM silver.o, silver.u u", "id b"),
        ("SELECT id, (SELECT max(day) FROM silver.s) AS m FROM silver.o", "id m"),
    ],
)  # fmt: skip
def test_the_output_is_known(text: str, columns: str) -> None:
    assert infer_columns(read(text), INPUTS) == tuple(columns.split())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM silver.u",
        "SELECT *, 1 AS n FROM silver.o o JOIN silver.u u ON true",
        "SELECT count(*) FROM silver.o",
        "SELECT id + 1, id FROM silver.o",
        "SELECT CAST(id AS INT) FROM silver.o",
        "SELECT address.* FROM silver.o",
        "SELECT * EXCEPT (address.city) FROM silver.o",
        "SELECT * FROM silver.s PIVOT (max(name) FOR k IN ('a', 'b'))",
        "SELECT * FROM silver.o LATERAL VIEW explode(tags) l",
    ],
)
def test_unpredictable_output_columns_are_unknown(text: str) -> None:
    assert infer_columns(read(text), INPUTS) is None


SILENT = [
    "SELECT ID, O.Day FROM silver.o AS o",
    "SELECT amount * 2 AS twice, twice + 1 AS more FROM silver.o",
    "SELECT day AS d, count(*) AS n FROM silver.o GROUP BY d HAVING n > 1 ORDER BY n, d",
    "SELECT day AS d, count(*) FROM silver.o GROUP BY d ORDER BY `count(1)`",
    "SELECT row_number() OVER (ORDER BY amount) AS r FROM silver.o QUALIFY r = 1",
    "SELECT address.city, o.address.city AS c2, silver.o.id FROM silver.o",
    "SELECT o.address.city.x.y.z AS deep FROM silver.o o",
    "SELECT tags[0] AS t, transform(tags, x -> x.v || k) AS ts FROM silver.o",
    "SELECT aggregate(tags, '', (acc, x) -> acc || x) AS t FROM silver.o",
    "SELECT filter(tags, t -> exists(tags, u -> u = t AND u.a = t.b)) AS t FROM silver.o",
    "SELECT dateadd(DAY, 1, day) AS d, timestampdiff(HOUR, day, day) AS h FROM silver.o",
    "SELECT EXTRACT(YEAR FROM day) AS y, day - INTERVAL '1' DAY AS d FROM silver.o",
    "SELECT t, p FROM silver.o LATERAL VIEW posexplode(tags) l AS p, t",
    "SELECT l.t FROM silver.o LATERAL VIEW explode(tags) l AS t LATERAL VIEW explode(t.x) m AS z",
    "SELECT anything FROM silver.o LATERAL VIEW explode(tags) l",
    "SELECT k, name FROM silver.o JOIN silver.s USING (k)",
    "SELECT s.nothing_of_the_kind FROM silver.s s JOIN silver.u u ON u.s.k = 1",
    "SELECT id FROM silver.o o WHERE EXISTS (SELECT 1 FROM silver.s WHERE s.k = o.k AND name = id)",
    "SELECT id, (SELECT max(name) FROM silver.s WHERE s.k = amount) AS m FROM silver.o",
    "SELECT a FROM silver.s PIVOT (max(name) FOR k IN ('x' AS a))",
    "SELECT _known_date, o._known_date AS known FROM silver.o o",
    "SELECT window(day, '1 day').start AS w, count(*) AS n FROM silver.o GROUP BY ALL",
    "SELECT /*+ BROADCAST(s) */ o.id FROM silver.o o JOIN silver.s s ON s.k = o.k",
    "SELECT id FROM silver.o o WHERE k IN (WITH c AS (SELECT k FROM silver.s) SELECT k FROM c "
    "UNION ALL SELECT k FROM silver.s WHERE name = amount)",
    "SELECT v.n, m FROM silver.o, VALUES (1, 2) AS v(n, m)",
    "SELECT id FROM silver.o UNION ALL SELECT k FROM silver.s ORDER BY id",
    "SELECT id AS day, count(*) AS n FROM silver.o GROUP BY ALL ORDER BY ALL",
    "SELECT sum(amount) FILTER (WHERE day < :as_of) AS a, grouping(k) AS g FROM silver.o "
    "GROUP BY GROUPING SETS ((k), ())",
    "SELECT sum(amount) OVER w AS s FROM silver.o WINDOW w AS (PARTITION BY k ORDER BY day)",
    "WITH a AS (SELECT id AS x FROM silver.o), b AS (SELECT x AS y FROM a) SELECT y FROM b",
    "SELECT q.x FROM silver.o o, LATERAL (SELECT o.id AS x, o.k AS z) AS q WHERE z = 1",
    "SELECT listagg(name, ',') WITHIN GROUP (ORDER BY day) AS l FROM silver.s",
    "SELECT named_struct('a', id).a AS a, struct(*) AS all_of_it FROM silver.o",
]


@pytest.mark.parametrize("text", SILENT)
def test_a_query_that_spark_accepts_has_no_mistakes(text: str) -> None:
    assert find_unknown_columns(read(text), INPUTS) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT id,\n  amuont FROM silver.o",
         "x.sql:2: no column 'amuont'; did you mean 'amount'?"),
        ("SELECT o.amuont FROM silver.o o",
         "x.sql:1: no column 'o.amuont'; did you mean 'o.amount'?"),
        ("SELECT id FROM silver.o\nWHERE naem = 1", "x.sql:2: no column 'naem'"),
        ("SELECT o.id FROM silver.o o\nJOIN silver.s s\nON s.kk = o.k",
         "x.sql:3: no column 's.kk'; did you mean 's.k'?"),
        ("SELECT day AS d FROM silver.o\nWHERE d = 1", "x.sql:2: no column 'd'"),
        ("SELECT c.id FROM silver.o o", "x.sql:1: no column 'c.id'"),
        ("WITH a AS (SELECT id FROM silver.o)\nSELECT day FROM a", "x.sql:2: no column 'day'"),
        ("SELECT x FROM (SELECT\n name AS x, amount FROM silver.s) q JOIN silver.o o ON true",
         "x.sql:2: no column 'amount'"),
        ("SELECT id FROM silver.o WHERE k IN (SELECT\nnamee FROM silver.s)",
         "x.sql:2: no column 'namee'; did you mean 'name'?"),
        ("SELECT id FROM silver.o\nGROUP BY ID, dya",
         "x.sql:2: no column 'dya'; did you mean 'day'?"),
        ("SELECT id FROM silver.o UNION ALL SELECT k FROM silver.s\nORDER BY k", "x.sql:2:"),
        ("SELECT sum(amoun) AS s FROM silver.o", "x.sql:1: no column 'amoun'"),
        ("SELECT * EXCEPT (tags), adress.city FROM silver.o", "x.sql:1: no column 'adress.city'"),
    ],
)  # fmt: skip
def test_a_column_that_nothing_gives_has_its_line(text: str, message: str) -> None:
    (error,) = find_unknown_columns(read(text), INPUTS)
    assert str(error).startswith(message)


def test_each_mistake_is_listed_once_per_line() -> None:
    text = "SELECT idd, idd + 1 AS x,\n  idd AS y FROM silver.o"
    assert [error.where for error in find_unknown_columns(read(text), INPUTS)] == [
        "x.sql:1",
        "x.sql:2",
    ]


def tried_with_spark() -> list[tuple[str, dict[str, Columns]]]:
    """Queries that other tests run with Spark, with the columns of their frames."""
    v: Columns = ("n", "s", "d", "ts", "xs", "m", "st")
    items = test_sql_bind.EXPRESSIONS + test_sql_bind.AGGREGATES
    tried: list[tuple[str, dict[str, Columns]]] = [
        (f"SELECT {item} FROM silver.v", {"silver.v": v}) for item in items
    ]
    tried += [(t.replace("{v}", "silver.v"), {"silver.v": v}) for t in test_sql_bind.CLAUSES]
    known: dict[str, Columns] = {
        "silver.o": ("id", "c", "day", "amount", "xs"),
        "silver.u": ("c", "seg", "valid_from", "known_from"),
    }
    tried += [(text, known) for text in test_sql_as_of.SHAPES]
    carried: dict[str, Columns] = {
        "bronze.orders": ("id", "store", "lines"),
        "silver.stores": ("store", "name"),
        "silver.prices": ("store", "name"),
    }
    tried += [(text, carried) for text, _ in test_sql_hidden_columns.QUERIES]
    other: Columns = ("id", "k", "name", "x")
    gold: dict[str, Columns] = {
        "silver.o": ("id", "k", "w", "x"),
        "silver.s": other,
        "silver.t": other,
    }
    return tried + [(text, gold) for text in test_sql_incremental.SOUND]


@pytest.mark.parametrize(("text", "inputs"), tried_with_spark())
def test_no_query_that_spark_runs_is_refused(text: str, inputs: dict[str, Columns]) -> None:
    query = parse(text, file="x.sql", inputs=list(inputs), parameters=["as_of", "until"])
    assert find_unknown_columns(query, inputs) == []
