"""One SELECT: its nodes, its subqueries, and whether it is row by row or over many rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import walk_in_scope

from lakehouse.sql import functions

_MANY_ROWS = {
    "group": "GROUP BY",
    "having": "HAVING",
    "distinct": "DISTINCT",
    "limit": "LIMIT",
    "offset": "OFFSET",
    "qualify": "QUALIFY",
}


def find_row_mixing(select: exp.Select) -> str | None:
    """What makes a row of ``select`` depend on other rows; None where nothing does."""
    for part, clause in _MANY_ROWS.items():
        if select.args.get(part):
            return clause
    if any(source.args.get("pivots") for source in select.find_all(exp.Table, exp.Subquery)):
        return "PIVOT"
    for node in walk_scope(select):
        if isinstance(node, exp.Window):
            return "a window"
        if is_aggregate(node):
            return f"{node.name}()"
    return None


def walk_scope(select: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes of a scope, without those of the queries inside it."""
    for node in walk_in_scope(select):
        if node is select or not isinstance(node, exp.Query):
            yield node


def find_subqueries(node: exp.Expr) -> list[exp.Query]:
    """Subqueries used as values (IN, EXISTS, scalar), not as relations, anywhere below."""
    subqueries = []
    for query in node.find_all(exp.Select, exp.SetOperation):
        top = query
        while isinstance(top.parent, (exp.Subquery, exp.SetOperation)):
            top = top.parent
        if not isinstance(top.parent, (exp.From, exp.Join, exp.CTE, exp.Lateral, type(None))):
            subqueries.append(query)
    return subqueries


def is_aggregate(node: exp.Expr) -> bool:
    """A call of an aggregate function; in a window it is one too."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in functions.AGGREGATES


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate is called below ``node``, in the same scope."""
    return any(is_aggregate(inner) for inner in walk_scope(node))


def has_plain_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate below ``node`` makes groups: one that is not a window's function."""
    return any(is_aggregate(inner) and not _is_windowed(inner) for inner in walk_scope(node))


def _is_windowed(call: exp.Expr) -> bool:
    here = call
    while isinstance(here.parent, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)):
        here = here.parent
    return isinstance(here.parent, exp.Window) and here.arg_key == "this"


def has_call(node: exp.Expr, names: frozenset[str]) -> bool:
    """Whether a function of ``names`` is called below ``node``, in the same scope."""
    return any(
        isinstance(inner, exp.Anonymous) and inner.name.lower() in names
        for inner in walk_scope(node)
    )


def unwrap(tree: exp.Query) -> exp.Query:
    """The query without the parentheses around it."""
    while isinstance(tree, exp.Subquery) and isinstance(tree.this, exp.Query):
        tree = tree.this
    return tree
