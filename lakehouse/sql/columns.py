"""The columns of a query's output, from those of its inputs, without asking Spark.

Whatever cannot be known for sure is None: an input whose columns are unknown, a PIVOT, an item
without a name. Names are compared as Spark does, case aside; they are given as written.

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
    """The output's columns in order; None where they cannot be known."""
    return Outputs(inputs).of_query(query.tree)


class Outputs:
    """The columns of each part of one query. An input that is not in ``inputs`` is unknown."""

    def __init__(self, inputs: Mapping[str, Columns]) -> None:
        self._inputs = {name.lower(): columns for name, columns in inputs.items()}
        self._queries: dict[int, Columns] = {}

    def of_query(self, tree: exp.Expr) -> Columns:
        """The columns of a query; of a set operation those of its first branch."""
        if isinstance(tree, exp.Subquery):
            return self.of_query(tree.this)
        if isinstance(tree, exp.SetOperation):
            return None if tree.args.get("by_name") else self.of_query(tree.left)
        if not isinstance(tree, exp.Select):
            return None
        if id(tree) not in self._queries:
            self._queries[id(tree)] = self._of_select(tree)
        return self._queries[id(tree)]

    def of_relation(self, relation: exp.Expr) -> Columns:
        """The columns under which a query sees what it reads."""
        if relation.args.get("pivots"):
            return None
        alias = relation.args.get("alias")
        if isinstance(alias, exp.TableAlias) and alias.columns:
            return tuple(column.name for column in alias.columns)
        named = cte_of(relation)
        if named is not None:
            listed = tuple(column.name for column in named.args["alias"].columns)
            return listed or self.of_query(named.this)
        if isinstance(relation, exp.Table):
            return self._inputs.get(bound_name(relation) or "")
        if isinstance(relation, exp.Lateral):
            return self.of_query(relation.this)
        return self.of_query(relation)

    def _of_select(self, select: exp.Select) -> Columns:
        names: list[str] = []
        for item in select.expressions:
            columns = self._of_star(select, item) if item.is_star else _names_in(item)
            if columns is None:
                return None
            names += columns
        return tuple(names)

    def _of_star(self, select: exp.Select, item: exp.Expr) -> Columns:
        star = item.this if isinstance(item, exp.Column) else item
        if {name for name, value in star.args.items() if value} - {"except_"}:
            return None
        columns = self._of_alias(select, item) if item is not star else self._of_all(select)
        left_out = star.args.get("except_") or []
        if columns is None or any(isinstance(name, exp.Column) and name.table for name in left_out):
            return None
        return _without(columns, [name.name for name in left_out])

    def _of_alias(self, select: exp.Select, item: exp.Expr) -> Columns:
        if not isinstance(item, exp.Column) or len(item.parts) != 2:
            return None
        for relation in relations(select):
            if relation.alias_or_name.lower() == item.table.lower():
                return self.of_relation(relation)
        return None

    def _of_all(self, select: exp.Select) -> Columns:
        """``*``: what USING joins comes first and once; SEMI and ANTI joins show nothing."""
        joins = {id(join.this): join for join in select.args.get("joins") or []}
        shown: tuple[str, ...] = ()
        for relation in relations(select):
            join = joins.get(id(relation))
            if join is not None and join.kind in ("SEMI", "ANTI"):
                continue
            columns = self.of_relation(relation)
            if columns is None:
                return None
            using = _merged_columns(join, shown, columns)
            shown = (*using, *_without(shown, using), *_without(columns, using))
        return shown


def _names_in(item: exp.Expr) -> Columns:
    """The names of a select item; None where Spark makes one up."""
    if isinstance(item, exp.Aliases):
        return tuple(alias.name for alias in item.aliases)
    if isinstance(item, exp.Paren):
        return _names_in(item.this)
    if isinstance(item, exp.Alias):
        return (item.alias,)
    is_field = isinstance(item, exp.Dot) and isinstance(item.this, exp.Dot | exp.Column)
    return (item.name,) if isinstance(item, exp.Column) or is_field else None


def _merged_columns(
    join: exp.Join | None, left: tuple[str, ...], right: tuple[str, ...]
) -> tuple[str, ...]:
    """The columns that a join with USING, or a NATURAL one, makes into one."""
    if join is None:
        return ()
    if join.method == "NATURAL":
        there = {name.lower() for name in right}
        return tuple(name for name in left if name.lower() in there)
    using = {name.name.lower() for name in join.args.get("using") or []}
    return tuple(name for name in left if name.lower() in using)


def _without(columns: tuple[str, ...], names: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    left_out = {name.lower() for name in names}
    return tuple(name for name in columns if name.lower() not in left_out)
