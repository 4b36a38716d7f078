"""Refuse non-deterministic aggregates, whose result depends on the order of rows or on ties.

With ``replace_keys``, unaffected groups keep the earlier result, while a full refresh may compute
another one. So only deterministic aggregates are allowed.
"""

from __future__ import annotations

from sqlglot import exp

from lakehouse.sql import functions, scope
from lakehouse.sql.dialect import to_sql
from lakehouse.sql.keys import REBUILD
from lakehouse.sql.query import Query

_SORTED = frozenset("array_sort sort_array".split())
_COUNTED = frozenset("array_size cardinality size".split())
_LISTS = frozenset("array_agg collect_list collect_set".split())
_TEXTS = frozenset("listagg string_agg".split())
_PERCENTILES = frozenset("approx_percentile percentile_approx".split())
_BY = frozenset("max_by min_by".split())


def check_deterministic(query: Query, select: exp.Select) -> None:
    """Raise DeclarationError (file:line) for a non-deterministic aggregate."""
    for node in scope.walk_scope(select):
        name = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        if name in functions.BY_ORDER_OF_ROWS and not _is_deterministic(node, name):
            raise query.error(
                f"{name}() is non-deterministic: a full refresh may choose another row",
                node,
                f"{_suggest(name)}, or {REBUILD}",
            )


def _is_deterministic(call: exp.Expr, name: str) -> bool:
    """Whether the order of rows does not matter: the values are sorted, or only counted."""
    parent = call.parent if not isinstance(call.parent, exp.Filter) else call.parent.parent
    if name in _LISTS and isinstance(parent, exp.Anonymous):
        sorts = parent.name.lower() in _SORTED and not parent.find(exp.Lambda)
        return sorts or parent.name.lower() in _COUNTED
    if isinstance(parent, exp.WithinGroup) and (name in _TEXTS or name == "mode"):
        return name == "mode" or _is_ordered_by(parent, call)
    return name == "mode" and len(call.expressions) == 2


def _is_ordered_by(ordered: exp.WithinGroup, call: exp.Expr) -> bool:
    """``listagg(x) WITHIN GROUP (ORDER BY …, x)``: rows that tie have equal values."""
    value = to_sql(call.expressions[0]).lower()
    return any(to_sql(key.this).lower() == value for key in ordered.find_all(exp.Ordered))


def _suggest(name: str) -> str:
    if name in _LISTS:
        return f"sort it: sort_array({name}(x))"
    if name in _TEXTS:
        return f"order it by its own value: {name}(x, ',') WITHIN GROUP (ORDER BY x)"
    if name in _PERCENTILES:
        return "write percentile(x, p), which is exact"
    if name == "mode":
        return "break ties: mode(x, true)"
    if name in _BY:
        return f"break ties: {name[:3]}(struct(y, x)).x"
    return "write min(x) or max(x)"
