"""The keys of a gold table as expressions over a row of its query, where they are such."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql import functions, shape
from lakehouse.sql.dialect import text_of
from lakehouse.sql.query import Query

_AFTER_GROUPS = ("group", "having", "order")
REBUILD = "declare write: rebuild"


def key_expressions(query: Query, select: exp.Select, keys: Sequence[str]) -> dict[str, exp.Expr]:
    """Each key's expression. Raises DeclarationError where GROUP BY is not exactly the keys."""
    items = {item.alias_or_name.lower(): item for item in select.expressions if not item.is_star}
    found: dict[str, exp.Expr] = {}
    for key in keys:
        item = items.get(key.lower())
        if item is None:
            raise query.error(f"the key '{key}' is no output of the query", select, REBUILD)
        _check_row_wise(query, select, key, item)
        found[key] = item.unalias()
    _check_grouping(query, select, found)
    return found


def _check_row_wise(query: Query, select: exp.Select, key: str, item: exp.Expr) -> None:
    names = functions.AGGREGATES | functions.WINDOWS | functions.GENERATORS
    mixes = shape.calls(item, names | functions.TIME_WINDOWS)
    if mixes or item.find(exp.Window, exp.Query):
        raise query.error(f"the key '{key}' is not computed from one row", item, REBUILD)
    aliases = {one.alias.lower() for one in select.expressions if isinstance(one, exp.Alias)}
    for column in item.find_all(exp.Column):
        name = column.name.lower()
        if not column.table and name in aliases - {key.lower()}:
            hint = "write the key's expression in full, or name the column's table"
            raise query.error(f"the key '{key}' leans on another output, {name}", item, hint)


def _check_grouping(query: Query, select: exp.Select, keys: dict[str, exp.Expr]) -> None:
    group = select.args.get("group")
    if not isinstance(group, exp.Group) or not keys:
        raise query.error("the query has no GROUP BY of its keys", select, REBUILD)
    if group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        raise query.error("ROLLUP, CUBE and GROUPING SETS mix groups", group, REBUILD)
    grouped = list(_grouped(query, select, group))
    missing = [key for key, own in keys.items() if not any(_same(own, one) for one in grouped)]
    if missing:
        raise query.error(f"the key '{missing[0]}' is not in GROUP BY", group, REBUILD)
    for one in grouped:
        if not any(_same(own, one) for own in keys.values()):
            raise query.error(f"GROUP BY {text_of(one)} is no key", one, REBUILD)


def _grouped(query: Query, select: exp.Select, group: exp.Group) -> Iterator[exp.Expr]:
    """What is grouped by, aliases and positions replaced by what they stand for."""
    if group.args.get("all"):
        for item in select.expressions:
            if item.is_star:
                raise query.error("GROUP BY ALL with '*' hides the keys", item, REBUILD)
            if not shape.has_aggregate(item):
                yield item.unalias()
    for one in group.expressions:
        yield _meant(query, select, one)


def _meant(query: Query, select: exp.Select, one: exp.Expr) -> exp.Expr:
    if isinstance(one, exp.Literal) and not one.is_string:
        position = int(one.this) if str(one.this).isdigit() else 0
        if not 0 < position <= len(select.expressions) or any(i.is_star for i in select.selects):
            raise query.error(f"GROUP BY {one.this} names no item", one, REBUILD)
        item: exp.Expr = select.expressions[position - 1]
        return item.unalias()
    if not isinstance(one, exp.Column) or one.table:
        return one
    for item in select.expressions:
        if isinstance(item, exp.Alias) and item.alias.lower() == one.name.lower():
            if _reads_column(select, one.name) and not _same(item.this, one):
                raise _two_meanings(query, one)
            meant: exp.Expr = item.this
            return meant
    return one


def _reads_column(select: exp.Select, name: str) -> bool:
    """Whether the query reads a column of this name: Spark would group by that one."""
    outside = [node for part, node in select.args.items() if part not in _AFTER_GROUPS and node]
    nodes = [one for part in outside for one in (part if isinstance(part, list) else [part])]
    columns = [c for one in nodes if isinstance(one, exp.Expr) for c in one.find_all(exp.Column)]
    return any(column.name.lower() == name.lower() for column in columns)


def _two_meanings(query: Query, one: exp.Column) -> DeclarationError:
    message = f"GROUP BY {one.name} means the column, not the expression that is called so"
    hint = f"group by the expression, or call the key other than {one.name}"
    return query.error(message, one, hint)


def _same(one: exp.Expr, other: exp.Expr) -> bool:
    """Equal but for case, quotes, parentheses around and a column's table left out."""
    return _normal(one, other) == _normal(other, one)


def _normal(node: exp.Expr, other: exp.Expr) -> str:
    bare = any(not column.table for column in other.find_all(exp.Column))
    copy = node.copy()
    for column in list(copy.find_all(exp.Column)):
        if bare and len(column.parts) == 2:
            column.set("table", None)
    for name in copy.find_all(exp.Identifier):
        name.set("quoted", False)
    return text_of(copy.unnest()).lower()
