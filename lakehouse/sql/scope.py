"""The scope of one SELECT: its nodes, subqueries, and whether it is row-wise."""

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
    """The part of ``select`` that makes rows depend on other rows; None if it is row-wise."""
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
    """The nodes of a scope, without those of nested queries."""
    for node in walk_in_scope(select):
        if node is select or not isinstance(node, exp.Query):
            yield node


def find_subqueries(node: exp.Expr) -> list[exp.Query]:
    """All subqueries below ``node`` that are used as values (IN, EXISTS, scalar)."""
    subqueries = []
    for query in node.find_all(exp.Select, exp.SetOperation):
        top = query
        while isinstance(top.parent, (exp.Subquery, exp.SetOperation)):
            top = top.parent
        if not isinstance(top.parent, (exp.From, exp.Join, exp.CTE, exp.Lateral, type(None))):
            subqueries.append(query)
    return subqueries


def is_aggregate(node: exp.Expr) -> bool:
    """Whether ``node`` calls an aggregate function, also as a window function."""
    return isinstance(node, exp.Anonymous) and node.name.lower() in functions.AGGREGATES


def has_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate is called below ``node``, in the same scope."""
    return any(is_aggregate(inner) for inner in walk_scope(node))


def has_plain_aggregate(node: exp.Expr) -> bool:
    """Whether an aggregate that is not a window function is called below ``node``."""
    return any(is_aggregate(inner) and not _is_windowed(inner) for inner in walk_scope(node))


def _is_windowed(call: exp.Expr) -> bool:
    current = call
    while isinstance(
        current.parent, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)
    ):
        current = current.parent
    return isinstance(current.parent, exp.Window) and current.arg_key == "this"


def has_call(node: exp.Expr, names: frozenset[str]) -> bool:
    """Whether a function of ``names`` is called below ``node``, in the same scope."""
    return any(
        isinstance(inner, exp.Anonymous) and inner.name.lower() in names
        for inner in walk_scope(node)
    )


def unwrap(tree: exp.Query) -> exp.Query:
    """Remove the parentheses around a query."""
    while isinstance(tree, exp.Subquery) and isinstance(tree.this, exp.Query):
        tree = tree.this
    return tree
