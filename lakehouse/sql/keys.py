"""The keys of a gold table as row-wise expressions of its SELECT and GROUP BY."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql import functions, scope
from lakehouse.sql.dialect import to_sql
from lakehouse.sql.query import Query

_AFTER_GROUPS = ("group", "having", "order")
REBUILD = "declare write: rebuild"


def key_expressions(query: Query, select: exp.Select, keys: Sequence[str]) -> dict[str, exp.Expr]:
    """Each key's expression. Raises DeclarationError where GROUP BY is not exactly the keys."""
    items = {item.alias_or_name.lower(): item for item in select.expressions if not item.is_star}
    expressions: dict[str, exp.Expr] = {}
    for key in keys:
        item = items.get(key.lower())
        if item is None:
            raise query.error(f"the key '{key}' is not an output column", select, REBUILD)
        _check_row_wise(query, select, key, item)
        expressions[key] = item.unalias()
    _check_grouping(query, select, expressions)
    return expressions


def _check_row_wise(query: Query, select: exp.Select, key: str, item: exp.Expr) -> None:
    names = functions.AGGREGATES | functions.WINDOWS | functions.GENERATORS
    is_not_row_wise = scope.has_call(item, names | functions.TIME_WINDOWS)
    if is_not_row_wise or item.find(exp.Window, exp.Query):
        raise query.error(f"the key '{key}' is not computed from one row", item, REBUILD)
    aliases = {i.alias.lower() for i in select.expressions if isinstance(i, exp.Alias)}
    for column in item.find_all(exp.Column):
        name = column.name.lower()
        if not column.table and name in aliases - {key.lower()}:
            hint = "write the key's expression in full, or name the column's table"
            raise query.error(
                f"the key '{key}' depends on another output column, {name}", item, hint
            )


def _check_grouping(query: Query, select: exp.Select, keys: dict[str, exp.Expr]) -> None:
    group = select.args.get("group")
    if not isinstance(group, exp.Group) or not keys:
        raise query.error("the query has no GROUP BY of its keys", select, REBUILD)
    if group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        raise query.error("ROLLUP, CUBE and GROUPING SETS mix groups", group, REBUILD)
    grouped = list(_grouping_expressions(query, select, group))
    missing = [key for key, node in keys.items() if not any(_same(node, by) for by in grouped)]
    if missing:
        raise query.error(f"the key '{missing[0]}' is not in GROUP BY", group, REBUILD)
    for by in grouped:
        if not any(_same(node, by) for node in keys.values()):
            raise query.error(f"GROUP BY {to_sql(by)} is not a key", by, REBUILD)


def _grouping_expressions(query: Query, select: exp.Select, group: exp.Group) -> Iterator[exp.Expr]:
    """The expressions in GROUP BY, with aliases and positions resolved."""
    if group.args.get("all"):
        for item in select.expressions:
            if item.is_star:
                raise query.error("GROUP BY ALL with '*' hides the keys", item, REBUILD)
            if not scope.has_aggregate(item):
                yield item.unalias()
    for by in group.expressions:
        yield _resolve(query, select, by)


def _resolve(query: Query, select: exp.Select, by: exp.Expr) -> exp.Expr:
    if isinstance(by, exp.Literal) and not by.is_string:
        position = int(by.this) if str(by.this).isdigit() else 0
        if not 0 < position <= len(select.expressions) or any(i.is_star for i in select.selects):
            raise query.error(f"GROUP BY {by.this} is out of range", by, REBUILD)
        item: exp.Expr = select.expressions[position - 1]
        return item.unalias()
    if not isinstance(by, exp.Column) or by.table:
        return by
    for item in select.expressions:
        if isinstance(item, exp.Alias) and item.alias.lower() == by.name.lower():
            if _reads_column(select, by.name) and not _same(item.this, by):
                raise _ambiguous(query, by)
            expression: exp.Expr = item.this
            return expression
    return by


def _reads_column(select: exp.Select, name: str) -> bool:
    """Whether the query reads a column of this name, which Spark prefers to the alias."""
    clauses = [node for part, node in select.args.items() if part not in _AFTER_GROUPS and node]
    nodes = [node for part in clauses for node in (part if isinstance(part, list) else [part])]
    columns = [c for node in nodes if isinstance(node, exp.Expr) for c in node.find_all(exp.Column)]
    return any(column.name.lower() == name.lower() for column in columns)


def _ambiguous(query: Query, by: exp.Column) -> DeclarationError:
    message = f"GROUP BY {by.name} means the column, not the output of that name"
    hint = "group by the expression, or rename the key"
    return query.error(message, by, hint)


def _same(node: exp.Expr, other: exp.Expr) -> bool:
    """Whether both are equal, ignoring case, quotes, parentheses and omitted aliases."""
    return _normalize(node, other) == _normalize(other, node)


def _normalize(node: exp.Expr, other: exp.Expr) -> str:
    bare = any(not column.table for column in other.find_all(exp.Column))
    copy = node.copy()
    for column in list(copy.find_all(exp.Column)):
        if bare and len(column.parts) == 2:
            column.set("table", None)
    for name in copy.find_all(exp.Identifier):
        name.set("quoted", False)
    return to_sql(copy.unnest()).lower()
