"""A feature query as it stood on a day, for one day and for many days at once.

Both forms read their inputs through ``known.as_known_sql``. For many days each relation has a
column ``_as_of``, and rows of different days never meet: joins, groups, windows and queries inside
expressions ask for the same day.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lakehouse.sql.dialect import expression_of, query_of, text_of
from lakehouse.sql.known import Known, as_known_sql
from lakehouse.sql.many_days import DAY, NotForManyDays, keep_days_apart
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


def on_day(query: Query, known: Mapping[str, Known], *, horizon_days: int = 0) -> Query:
    """The query over what its inputs held on ``:as_of``, the only parameter that is left.

    ``known`` says how each input keeps its past; bind the inputs to whole tables. With a horizon
    (labels) ``:until`` is that many days later, and the inputs are read as known on it. Raises
    DeclarationError for an input that keeps no past.
    """
    _check_output(query)
    tree = query.tree.copy()
    _place_until(tree, horizon_days)
    for name, table in list(bound_tables(tree)):
        day = _until(":as_of", horizon_days)
        held = as_known_sql(
            _how(query, known, name, table), _written(table), day=day, as_of=":as_of"
        )
        table.replace(exp.Subquery(this=query_of(held), alias=table.args["alias"].copy()))
    return query.with_tree(tree)


def over_days(query: Query, known: Mapping[str, Known], *, horizon_days: int = 0) -> Query:
    """``on_day`` for each row of the frame bound to ``days``, with its ``as_of`` in front.

    The frame has one column, ``as_of`` (DATE), without repeats. Raises NotForManyDays for a query
    that has to be asked day by day; Spark may refuse others: see ``is_refusal``.
    """
    _check_output(query)
    holder = exp.Subquery(
        this=query.tree.copy(), alias=exp.TableAlias(this=exp.to_identifier("_q"))
    )
    _place_until(holder, horizon_days)
    keep_days_apart(query, holder)
    as_of, days = "_days.as_of", f"{LIBRARY}.{DAYS} AS _days"
    for name, table in list(bound_tables(holder)):
        day = _until(as_of, horizon_days)
        how = _how(query, known, name, table)
        held = as_known_sql(how, _written(table), day=day, as_of=as_of, days=days)
        table.replace(exp.Subquery(this=query_of(held), alias=table.args["alias"].copy()))
    outer = query_of(f"SELECT _q.{DAY} AS as_of, _q.* EXCEPT ({DAY}) FROM range(0)")
    outer.set("from_", exp.From(this=holder))
    return query.with_tree(outer)


def is_refusal(problem: BaseException | None) -> bool:
    """Whether the many-day form was refused, so that day by day is to be tried.

    True for what the analysis of a query can raise: if the query itself is wrong, its first
    single day says so in plainer words.
    """
    while problem is not None:
        condition = getattr(problem, "getCondition", lambda: None)() or ""
        if isinstance(problem, NotForManyDays) or condition.startswith(_REFUSED_BY_SPARK):
            return True
        problem = problem.__cause__
    return False


def _check_output(query: Query) -> None:
    names = query.output_names() or ()
    if "as_of" in [name.lower() for name in names]:
        raise query.error("as_of is added by the library", hint="leave it out of the SELECT")


def _how(query: Query, known: Mapping[str, Known], name: str, table: exp.Table) -> Known:
    if name not in known:
        raise query.error(f"{name} keeps no past that a day could be read from", table)
    return known[name]


def _written(table: exp.Table) -> str:
    return text_of(exp.Table(this=table.this.copy(), db=table.args["db"].copy()))


def _until(as_of: str, horizon_days: int) -> str:
    return f"date_add({as_of}, {horizon_days})" if horizon_days else as_of


def _place_until(tree: exp.Expr, horizon_days: int) -> None:
    for parameter in list(tree.find_all(exp.Placeholder)):
        if parameter.name == "until":
            parameter.replace(expression_of(_until(":as_of", horizon_days)))
