"""Point-in-time queries: a query over its inputs as of one day, or of each day of a range.

Both forms read their inputs through ``point_in_time.select_as_of``; ``as_of_range`` partitions the
query by day, so that rows of different days are never combined.

Example: ``rewrite_as_of`` rewrites this query over an ``scd2`` table whose ``valid_from`` is a
date, as of 2026-01-04. The version of day 5 is not valid yet; the correction of day 3 is known.

input:
    SELECT customer, city FROM silver.customers

rewritten:
    SELECT customer, city
    FROM (
      SELECT `k`.`customer`, `k`.`city`, `k`.`valid_from`, `k`.`known_from`
      FROM (
        SELECT
          `k`.`customer`, `k`.`city`, `k`.`valid_from`, `k`.`valid_to`, `k`.`known_from`,
          row_number() OVER (
            PARTITION BY `k`.`customer` ORDER BY k.valid_from DESC, k.known_from DESC
          ) AS _version
        FROM silver.customers AS k
        WHERE k.known_from <= :as_of AND k.valid_from < date_add(:as_of, 1)
      ) AS k
      WHERE k._version = 1
        AND (k.valid_to IS NULL OR NOT (k.valid_to IS NOT DISTINCT FROM k.valid_from))
    ) AS customers

silver.customers:
    customer  city   valid_from  valid_to    known_from
    ann       Ripe   2026-01-01  2026-01-05  2026-01-01
    ann       Ribe   2026-01-01  2026-01-05  2026-01-03
    ann       Vejle  2026-01-05  NULL        2026-01-05
    bob       Odder  2026-01-01  2026-01-02  2026-01-01
    bob       Odder  2026-01-02  2026-01-02  2026-01-02

output:
    customer  city
    ann       Ribe
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.sql.as_of_range import DAY, NotPartitionable, partition_by_as_of
from lakehouse.sql.dialect import to_expression, to_query, to_sql
from lakehouse.sql.point_in_time import TableHistory, select_as_of
from lakehouse.sql.query import LIBRARY, Query, bound_tables

DAYS = "days"
_REFUSED_BY_SPARK = (
    "AMBIGUOUS_",
    "INTERNAL_ERROR",
    "INVALID_SUBQUERY_EXPRESSION",
    "MISSING_",
    "UNRESOLVED_",
    "UNSUPPORTED_",
)


@dataclass(frozen=True)
class Window:
    """The days that a label covers, and those after which it is known, both from ``:as_of``.

    ``:until`` is ``horizon_days`` after ``:as_of``. Inputs are read as they held on ``:until``, by
    what was known ``known_after_days`` after ``:as_of``. Features have a window of no days.
    """

    horizon_days: int = 0
    known_after_days: int = 0


_NO_DAYS = Window()


def rewrite_as_of(
    query: Query,
    histories: Mapping[str, TableHistory],
    *,
    window: Window = _NO_DAYS,
    known_by: str | None = None,
) -> Query:
    """Rewrite the query to read its inputs as of ``:as_of``, the only remaining parameter.

    With ``known_by``, the name of a second one, the inputs are read as they held on ``:as_of`` by
    what was known on that other day.

    ``histories`` describes the history of each input; bind the inputs to complete tables. Raises
    DeclarationError for an input that has no history.
    """
    _check_output(query)
    tree = query.tree.copy()
    _replace_until(tree, window.horizon_days)
    for name, table in list(bound_tables(tree)):
        day = _shift_days(":as_of", window.horizon_days)
        history = _history(query, histories, name, table)
        known = f":{known_by}" if known_by else _shift_days(":as_of", window.known_after_days)
        rows = select_as_of(history, _relation_name(table), day=day, as_of=":as_of", known_by=known)
        table.replace(exp.Subquery(this=to_query(rows), alias=table.args["alias"].copy()))
    return query.with_tree(tree)


def rewrite_as_of_range(
    query: Query, histories: Mapping[str, TableHistory], *, window: Window = _NO_DAYS
) -> Query:
    """``rewrite_as_of`` for all days of the frame bound to ``days``; ``as_of`` is the first column.

    The frame has one column, ``as_of`` (DATE), without repeats. Raises NotPartitionable for a query
    that has to run day by day. Spark may refuse further queries: see ``is_refusal``.
    """
    _check_output(query)
    # 1. The query becomes a derived table, partitioned by the column _as_of.
    holder = exp.Subquery(
        this=query.tree.copy(), alias=exp.TableAlias(this=exp.to_identifier("_q"))
    )
    _replace_until(holder, window.horizon_days)
    partition_by_as_of(query, holder)
    # 2. Each input becomes its rows as of each of the days.
    as_of, days = "_days.as_of", f"{LIBRARY}.{DAYS} AS _days"
    for name, table in list(bound_tables(holder)):
        day, known = (
            _shift_days(as_of, number) for number in (window.horizon_days, window.known_after_days)
        )
        history = _history(query, histories, name, table)
        rows = select_as_of(
            history, _relation_name(table), day=day, as_of=as_of, days=days, known_by=known
        )
        table.replace(exp.Subquery(this=to_query(rows), alias=table.args["alias"].copy()))
    # 3. The day comes first in the output, as as_of.
    outer = to_query(f"SELECT _q.{DAY} AS as_of, _q.* EXCEPT ({DAY}) FROM range(0)")
    outer.set("from_", exp.From(this=holder))
    return query.with_tree(outer)


def is_refusal(problem: BaseException | None) -> bool:
    """Whether the query over a range was refused, so that it should run day by day.

    True for any analysis error of Spark: if the query itself is wrong, running it for a single day
    raises a clearer error.
    """
    while problem is not None:
        condition = getattr(problem, "getCondition", lambda: None)() or ""
        if isinstance(problem, NotPartitionable) or condition.startswith(_REFUSED_BY_SPARK):
            return True
        problem = problem.__cause__
    return False


def _check_output(query: Query) -> None:
    names = query.output_names() or ()
    if "as_of" in [name.lower() for name in names]:
        raise query.error("as_of is added by the library", hint="leave it out of the SELECT")


def _history(
    query: Query, histories: Mapping[str, TableHistory], name: str, table: exp.Table
) -> TableHistory:
    if name not in histories:
        raise query.error(
            f"{name} has no history to read as of a day; it would leak future data", table
        )
    return histories[name]


def _relation_name(table: exp.Table) -> str:
    return to_sql(exp.Table(this=table.this.copy(), db=table.args["db"].copy()))


def _shift_days(as_of: str, days: int) -> str:
    return f"date_add({as_of}, {days})" if days else as_of


def _replace_until(tree: exp.Expr, horizon_days: int) -> None:
    for parameter in list(tree.find_all(exp.Placeholder)):
        if parameter.name == "until":
            parameter.replace(to_expression(_shift_days(":as_of", horizon_days)))
