"""Infer the output columns of a query from the columns of its inputs, without Spark.

The result is None where a column is not certain: for an input with unknown columns, a PIVOT, or an
item without a name. Names are compared case-insensitively, as Spark does, and returned as written.

Example: with ``silver.orders`` = (id, day, amount), ``SELECT o.* EXCEPT (day), 1 AS n FROM
silver.orders AS o`` gives (id, amount, n).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from lakehouse.sql.query import Query, bound_name
from lakehouse.sql.relations import cte_of, relations

Columns = tuple[str, ...] | None


def infer_columns(query: Query, inputs: Mapping[str, Columns]) -> Columns:
    """The output columns in order; None where they are not certain."""
    return Outputs(inputs).query_columns(query.tree)


class Outputs:
    """The output columns of each part of one query; inputs not in ``inputs`` are unknown."""

    def __init__(self, inputs: Mapping[str, Columns]) -> None:
        self._inputs = {name.lower(): columns for name, columns in inputs.items()}
        self._queries: dict[int, Columns] = {}

    def query_columns(self, tree: exp.Expr) -> Columns:
        """The columns of a query; for a set operation, those of its first branch."""
        if isinstance(tree, exp.Subquery):
            return self.query_columns(tree.this)
        if isinstance(tree, exp.SetOperation):
            return None if tree.args.get("by_name") else self.query_columns(tree.left)
        if not isinstance(tree, exp.Select):
            return None
        if id(tree) not in self._queries:
            self._queries[id(tree)] = self._select_columns(tree)
        return self._queries[id(tree)]

    def relation_columns(self, relation: exp.Expr) -> Columns:
        """The columns of a relation as the query sees them."""
        if relation.args.get("pivots"):
            return None
        alias = relation.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.columns:
            return tuple(column.name for column in alias.columns)
        named = cte_of(relation)
        if named is not None:
            listed = tuple(column.name for column in named.args["alias"].columns)
            return listed or self.query_columns(named.this)
        if isinstance(relation, exp.Table):
            return self._inputs.get(bound_name(relation) or "")
        if isinstance(relation, exp.Lateral):
            return self.query_columns(relation.this)
        return self.query_columns(relation)

    def _select_columns(self, select: exp.Select) -> Columns:
        names: list[str] = []
        for item in select.expressions:
            columns = self._star_columns(select, item) if item.is_star else _item_names(item)
            if columns is None:
                return None
            names += columns
        return tuple(names)

    def _star_columns(self, select: exp.Select, item: exp.Expr) -> Columns:
        star = item.this if isinstance(item, exp.Column) else item
        if {name for name, value in star.args.items() if value} - {"except_"}:
            return None
        columns = (
            self._alias_columns(select, item) if item is not star else self._all_columns(select)
        )
        excluded = star.args.get("except_") or []
        if columns is None or any(isinstance(name, exp.Column) and name.table for name in excluded):
            return None
        return _without(columns, [name.name for name in excluded])

    def _alias_columns(self, select: exp.Select, item: exp.Expr) -> Columns:
        if not isinstance(item, exp.Column) or len(item.parts) != 2:
            return None
        for relation in relations(select):
            if relation.alias_or_name.lower() == item.table.lower():
                return self.relation_columns(relation)
        return None

    def _all_columns(self, select: exp.Select) -> Columns:
        """``*``: USING columns come first and once; SEMI and ANTI joins add no columns."""
        joins = {id(join.this): join for join in select.args.get("joins") or []}
        shown: tuple[str, ...] = ()
        for relation in relations(select):
            join = joins.get(id(relation))
            if join is not None and join.kind in ("SEMI", "ANTI"):
                continue
            columns = self.relation_columns(relation)
            if columns is None:
                return None
            using = _merged_columns(join, shown, columns)
            shown = (*using, *_without(shown, using), *_without(columns, using))
        return shown


def _item_names(item: exp.Expr) -> Columns:
    """The names of a select item; None where Spark generates the name."""
    if isinstance(item, exp.Aliases):
        return tuple(alias.name for alias in item.aliases)
    if isinstance(item, exp.Paren):
        return _item_names(item.this)
    if isinstance(item, exp.Alias):
        return (item.alias,)
    is_field = isinstance(item, exp.Dot) and isinstance(item.this, exp.Dot | exp.Column)
    return (item.name,) if isinstance(item, exp.Column) or is_field else None


def _merged_columns(
    join: exp.Join | None, left: tuple[str, ...], right: tuple[str, ...]
) -> tuple[str, ...]:
    """The columns that a join with USING, or a NATURAL join, merges."""
    if join is None:
        return ()
    if join.method == "NATURAL":
        right_names = {name.lower() for name in right}
        return tuple(name for name in left if name.lower() in right_names)
    using = {name.name.lower() for name in join.args.get("using") or []}
    return tuple(name for name in left if name.lower() in using)


def _without(columns: tuple[str, ...], names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    excluded = {name.lower() for name in names}
    return tuple(name for name in columns if name.lower() not in excluded)
