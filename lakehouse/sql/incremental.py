"""Incremental aggregation: check a query for `replace_keys`, and restrict it to some groups.

``check`` refuses what the proof in ``affected_keys.select_affected_keys`` does not cover.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlglot import exp

from lakehouse.sql import functions, scope
from lakehouse.sql.determinism import check_deterministic
from lakehouse.sql.keys import REBUILD, key_expressions
from lakehouse.sql.query import LIBRARY, Query, bound_name
from lakehouse.sql.relations import cte_of, relations

AFFECTED = "affected"
_ROW_PRESERVING = ("", "INNER", "CROSS", "LEFT", "LEFT OUTER", "LEFT SEMI", "LEFT ANTI")


def check(query: Query, keys: Sequence[str]) -> None:
    """Raise DeclarationError (file:line) for what `replace_keys` cannot compute incrementally.

    Supported is one SELECT with a GROUP BY of exactly ``keys``, each computed from one row. Each
    input must be read once, and joined or projected row by row.
    """
    select = top_select(query)
    for part in ("distinct", "limit", "offset", "qualify"):
        if select.args.get(part):
            raise query.error(f"{part.upper()} depends on other groups", select, REBUILD)
    for inner in scope.find_subqueries(query.tree):
        raise query.error("a subquery in an expression depends on other rows", inner, REBUILD)
    for node in query.tree.find_all(exp.Window, exp.Pivot):
        raise query.error(f"{node.key.upper()} depends on other groups", node, REBUILD)
    for item in select.expressions:
        if scope.has_call(item, functions.GENERATORS | functions.TIME_WINDOWS):
            raise query.error("a generator beside aggregates is not supported", item, REBUILD)
    for relation in relations(select):
        _check_rows(query, relation)
    _check_joins(query, select)
    for name, times in Counter(_inputs_read(select)).items():
        if times > 1:
            raise query.error(f"{name} is read {times} times", select, REBUILD)
    key_expressions(query, select, keys)
    check_deterministic(query, select)


def restrict_to_keys(query: Query, keys: Sequence[str], relation: str = AFFECTED) -> Query:
    """Restrict the query to groups whose keys are in ``relation``, null-safe.

    The frame bound to ``relation`` has the columns ``keys``. Rows are filtered before grouping.
    """
    tree = query.tree.copy()
    changed = query.with_tree(tree)
    select = top_select(changed)
    expressions = key_expressions(query, select, keys)
    affected = exp.Table(this=exp.to_identifier(relation), db=exp.to_identifier(LIBRARY))
    named = [exp.alias_(exp.column(key), f"_affected_{n}") for n, key in enumerate(keys)]
    rows = exp.Select(expressions=named).from_(affected).subquery("_affected")
    conditions = [
        exp.NullSafeEQ(this=expression.copy(), expression=exp.column(f"_affected_{n}", "_affected"))
        for n, expression in enumerate(expressions.values())
    ]
    exists = exp.Exists(this=exp.select("1").from_(rows).where(*conditions, copy=False))
    select.where(exists, copy=False)
    return changed


def top_select(query: Query) -> exp.Select:
    """The one SELECT of a query. Raises DeclarationError for a set operation."""
    tree = query.tree
    if not isinstance(tree, exp.Select):
        raise query.error("one SELECT with GROUP BY is expected", tree, REBUILD)
    return tree


def joins_of(select: exp.Select) -> list[exp.Join]:
    """The joins of a SELECT, in order."""
    return select.args.get("joins") or []


def kind_of(join: exp.Join) -> str:
    """The kind of a join, such as ``LEFT SEMI``; empty for a plain JOIN."""
    return f"{join.method} {join.side} {join.kind}".strip()


def _check_joins(query: Query, select: exp.Select) -> None:
    for join in joins_of(select):
        if kind_of(join) not in _ROW_PRESERVING:
            message = f"{kind_of(join)} JOIN cannot be computed incrementally"
            raise query.error(message, join, f"write it as LEFT JOIN, or {REBUILD}")
        if isinstance(join.this, exp.Lateral) and join.side and list(inputs_of(join.this)):
            raise query.error(
                "LEFT JOIN LATERAL over an input cannot be computed incrementally", join, REBUILD
            )


def _check_rows(query: Query, relation: exp.Expr) -> None:
    """Raise DeclarationError unless the relation is computed row by row."""
    inner = _inner_query(relation)
    if inner is None:
        return
    select = scope.unwrap(inner)
    if not isinstance(select, exp.Select):
        raise query.error(
            "UNION, INTERSECT and EXCEPT cannot be computed incrementally", inner, REBUILD
        )
    reason = scope.find_row_mixing(select)
    if reason:
        raise query.error(f"{reason} in a part of the query depends on other rows", inner, REBUILD)
    for join in joins_of(select):
        if kind_of(join) not in ("", "INNER", "CROSS"):
            message = "an outer join in a part of the query cannot be computed incrementally"
            raise query.error(message, join, f"join in the outermost SELECT, or {REBUILD}")
    for item in select.expressions:
        if scope.has_call(item, functions.TIME_WINDOWS):
            raise query.error("time windows cannot be computed incrementally", item, REBUILD)
    for source in relations(select):
        _check_rows(query, source)


def _inner_query(relation: exp.Expr) -> exp.Query | None:
    if isinstance(relation, exp.Lateral) and isinstance(relation.this, exp.Subquery):
        relation = relation.this
    named = cte_of(relation)
    inner = named.this if named is not None else relation.this
    return inner if isinstance(inner, exp.Query) else None


def _inputs_read(select: exp.Select) -> Iterator[str]:
    """The inputs that a SELECT reads, repeated for each read."""
    for relation in relations(select):
        yield from inputs_of(relation)


def inputs_of(relation: exp.Expr) -> Iterator[str]:
    """The inputs of a relation, repeated for each read."""
    inner = _inner_query(relation)
    if inner is not None:
        behind = scope.unwrap(inner)
        if isinstance(behind, exp.Select):
            yield from _inputs_read(behind)
    elif isinstance(relation, exp.Table) and bound_name(relation):
        yield str(bound_name(relation))
