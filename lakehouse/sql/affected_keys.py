"""Affected groups: rewrite a gold query into one that selects the keys that changes affect.

Example: store b is inserted into silver.stores. Its order moves from the group NULL to the group
Vejle. The first branch selects the keys of orders that match the change; the second selects the
keys that the same orders have without a match.

input:
    SELECT s.city, sum(o.amount) AS revenue
    FROM silver.orders AS o LEFT JOIN silver.stores AS s ON s.store = o.store
    GROUP BY s.city

rewritten:
    SELECT DISTINCT s.city AS city
    FROM silver.orders AS o JOIN silver.stores AS s ON s.store = o.store
    UNION
    SELECT DISTINCT s.city AS city
    FROM silver.orders AS o
    LEFT SEMI JOIN silver.stores AS _hit ON _hit.store = o.store
    LEFT JOIN (SELECT * FROM silver.stores AS s WHERE FALSE) AS s ON s.store = o.store

silver.orders:
    store  amount
    a      1
    b      2

silver.stores:
    store  city
    b      Vejle

output:
    city
    NULL
    Vejle
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import product

from sqlglot import exp

from lakehouse.sql.incremental import inputs_of, joins_of, kind_of, top_select
from lakehouse.sql.keys import key_expressions
from lakehouse.sql.query import Query


def select_affected_keys(
    query: Query, keys: Sequence[str], changed: str, also_changed: Collection[str] = ()
) -> Query:
    """A query for the keys of the groups that changes of ``changed`` affect.

    Grain: one row per key, with the columns ``keys``. Bind ``changed`` to the before and after
    images of its changes, and every other input to its current rows plus the before images of its
    changes. ``also_changed`` are the other inputs with changes. The union over all changed inputs
    contains the key of every group that differs.

    Proof: take a joined row that was added or removed. Each part of it is a row of an input, or
    NULL where an outer join has no match. If the row of some input has changed, the query for that
    input selects it. If none has changed, a match was added or removed where the part is NULL; the
    query for that input selects the row through the branch without a match.
    """
    select = top_select(query)
    expressions = key_expressions(query, select, keys)
    key_list = list(expressions.values())
    # 1. For each join, the alternatives that cover its rows before and after the changes.
    changed_names = {name.lower() for name in also_changed} | {changed.lower()}
    alternatives = [
        list(
            _join_alternatives(
                join, changed.lower(), changed_names, _is_used(select, key_list, join)
            )
        )
        for join in joins_of(select)
    ]
    # 2. For each combination of alternatives, the keys of the joined rows.
    branches = [
        _distinct_keys(select, expressions, [join for part in combination for join in part])
        for combination in product(*alternatives)
    ]
    # 3. Their union, with the WITH of the query.
    tree: exp.Query = branches[0]
    for branch in branches[1:]:
        tree = exp.union(tree, branch, distinct=True, copy=False)
    if select.args.get("with_"):
        tree.set("with_", select.args["with_"].copy())
    return query.with_tree(tree)


def _join_alternatives(
    join: exp.Join, changed: str, changed_names: set[str], is_used: bool
) -> Iterator[list[exp.Join]]:
    """The alternatives of a join, each a list of joins that replaces it."""
    inputs = set(inputs_of(join.this))
    kind = kind_of(join)
    if kind == "LEFT ANTI" and inputs & changed_names:
        yield [_join_as(join, "LEFT", "SEMI")] if changed in inputs else []
    elif kind.startswith("LEFT") and not kind.endswith("SEMI") and changed in inputs:
        yield [_join_as(join, "", "")]
        if is_used:
            yield [_join_as(join, "LEFT", "SEMI", alias="_hit"), _without_rows(join)]
    elif kind in ("LEFT", "LEFT OUTER") and inputs & changed_names:
        yield [join.copy()]
        if is_used:
            yield [_without_rows(join)]
    else:
        yield [join.copy()]


def _is_used(select: exp.Select, keys: Collection[exp.Expr], join: exp.Join) -> bool:
    """Whether a key, the WHERE or another join depends on the row that ``join`` matched."""
    others: list[exp.Expr | None] = [other for other in joins_of(select) if other is not join]
    nodes = [*keys, select.args.get("where"), *(select.args.get("laterals") or []), *others]
    columns = [c for node in nodes if node is not None for c in node.find_all(exp.Column)]
    using = any(other.args.get("using") for other in joins_of(select))
    name = join.this.alias_or_name.lower()
    return using or any(column.table.lower() in ("", name) for column in columns)


def _join_as(join: exp.Join, side: str, kind: str, alias: str | None = None) -> exp.Join:
    copy = join.copy()
    copy.set("side", side or None)
    copy.set("kind", kind or None)
    if alias:
        written = join.this.alias_or_name
        copy.this.args["alias"].set("this", exp.to_identifier(alias))
        for column in (copy.args.get("on") or exp.null()).find_all(exp.Column):
            if column.table.lower() == written.lower():
                column.set("table", exp.to_identifier(alias))
    return copy


def _without_rows(join: exp.Join) -> exp.Join:
    """The join against no rows: its columns are NULL and keep their types."""
    copy = join.copy()
    alias = copy.this.args["alias"]
    none = exp.Select(expressions=[exp.Star()]).from_(copy.this.copy()).where(exp.false())
    copy.set("this", exp.Subquery(this=none, alias=exp.TableAlias(this=alias.this.copy())))
    return copy


def _distinct_keys(
    select: exp.Select, expressions: dict[str, exp.Expr], joins: list[exp.Join]
) -> exp.Select:
    items = [
        exp.alias_(expression.copy(), key, copy=False) for key, expression in expressions.items()
    ]
    branch = exp.Select(expressions=items, distinct=exp.Distinct())
    for part in ("from_", "laterals", "where"):
        value = select.args.get(part)
        if value:
            branch.set(part, [v.copy() for v in value] if isinstance(value, list) else value.copy())
    branch.set("joins", [join.copy() for join in joins] or None)
    return branch
