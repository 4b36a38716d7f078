"""Which groups of a gold table the changes of its inputs affect, asked of the table's own query.

Example: store b, unknown until now, arrives in silver.stores. Its order moves from the group NULL
to the group Vejle: the first branch finds rows that match the change, the second the same rows as
they are where nothing matches.

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
    """The keys of the groups that changes of ``changed`` affect: one row per key, named ``keys``.

    Bind ``changed`` to its changes, before and after images, and every other input to its rows
    now united with the before images of its changes. ``also_changed`` are the inputs that
    have changes. The union over all changed inputs holds each group that differs.

    Why: take a joined row that is new or gone, each part an input's row or NULL. If a part has
    changed, the query of that part's input finds it. If none has, a NULL has: a match came or
    went, and the query of that match's input finds the row among those where it is missing.
    """
    select = top_select(query)
    expressions = key_expressions(query, select, keys)
    key_list = list(expressions.values())
    # 1. For each join, the ways in which its rows may have stood before or after the changes.
    moved = {name.lower() for name in also_changed} | {changed.lower()}
    choices = [
        list(_readings(join, changed.lower(), moved, _is_used(select, key_list, join)))
        for join in joins_of(select)
    ]
    # 2. For each combination of these ways, the keys of the joined rows.
    branches = [
        _distinct_keys(select, expressions, [join for part in picked for join in part])
        for picked in product(*choices)
    ]
    # 3. Their union, with the query's own WITH.
    tree: exp.Query = branches[0]
    for branch in branches[1:]:
        tree = exp.union(tree, branch, distinct=True, copy=False)
    if select.args.get("with_"):
        tree.set("with_", select.args["with_"].copy())
    return query.with_tree(tree)


def _readings(
    join: exp.Join, changed: str, moved: set[str], is_used: bool
) -> Iterator[list[exp.Join]]:
    """The ways in which a join may have stood before or after: each way a list of joins."""
    inputs = set(inputs_of(join.this))
    kind = kind_of(join)
    if kind == "LEFT ANTI" and inputs & moved:
        yield [_join_as(join, "LEFT", "SEMI")] if changed in inputs else []
    elif kind.startswith("LEFT") and not kind.endswith("SEMI") and changed in inputs:
        yield [_join_as(join, "", "")]
        if is_used:
            yield [_join_as(join, "LEFT", "SEMI", alias="_hit"), _without_rows(join)]
    elif kind in ("LEFT", "LEFT OUTER") and inputs & moved:
        yield [join.copy()]
        if is_used:
            yield [_without_rows(join)]
    else:
        yield [join.copy()]


def _is_used(select: exp.Select, keys: Collection[exp.Expr], join: exp.Join) -> bool:
    """Whether a key, the WHERE or another join could see which row of ``join`` matched."""
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
    """The join where nothing matches: its columns are NULL, their types what they were."""
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
