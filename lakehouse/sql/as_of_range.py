"""A query over a range of days: every relation, join, group and window is partitioned by as_of.

The result for each day equals that of the query for this day alone. Queries for which this is not
possible (a global aggregate, LIMIT, RIGHT or FULL JOIN) are refused and run day by day.

Example: ``as_of.rewrite_as_of_range`` rewrites this query over an ``append`` table.

input:
    SELECT customer, count(*) AS orders FROM silver.orders GROUP BY customer

rewritten:
    SELECT _q._as_of AS as_of, _q.* EXCEPT (_as_of)
    FROM (
      SELECT customer, count(*) AS orders, orders._as_of
      FROM (
        SELECT `k`.`customer`, `k`.`_known_date`, _days.as_of AS _as_of
        FROM silver.orders AS k CROSS JOIN _library.days AS _days
        WHERE k._known_date <= _days.as_of
      ) AS orders
      GROUP BY customer, orders._as_of
    ) AS _q

silver.orders:
    customer  _known_date
    ann       2026-01-01
    ann       2026-01-02
    bob       2026-01-02

_library.days:
    as_of
    2026-01-01
    2026-01-02

output:
    as_of       customer  orders
    2026-01-01  ann       1
    2026-01-02  ann       2
    2026-01-02  bob       1
"""

from __future__ import annotations

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql import scope, stars
from lakehouse.sql.query import Query
from lakehouse.sql.relations import cte_of, reads_inputs, relations

DAY = "_as_of"


class NotPartitionable(DeclarationError):
    """The query cannot be partitioned by day, but can run day by day."""


def partition_by_as_of(query: Query, holder: exp.Subquery) -> None:
    """Rewrite ``holder.this`` in place, so that ``_as_of`` is the last column of its output.

    The caller then replaces the inputs by relations with the column ``_as_of``.
    """
    subqueries = [inner for inner in scope.find_subqueries(holder) if reads_inputs(inner)]
    for subquery in subqueries:
        if any(other is not subquery and subquery in other.walk() for other in subqueries):
            raise NotPartitionable("nested subqueries in expressions", where=query.file)
    rewriter = _Rewriter(query)
    # 1. Correlate subqueries in expressions with the day of the outer row.
    for subquery in subqueries:
        rewriter.correlate(subquery)
    # 2. Add the day to the query and to each query in its FROM or WITH, and partition by it.
    rewriter.partition(holder.this)
    # 3. Each :as_of is now a column, except in relations that read no input and have no day.
    if any(parameter.name == "as_of" for parameter in holder.find_all(exp.Placeholder)):
        raise NotPartitionable(":as_of in a relation that reads no input", where=query.file)


class _Rewriter:
    def __init__(self, query: Query) -> None:
        self.query = query
        self.done: set[int] = set()

    def partition(self, tree: exp.Query) -> None:
        """Add ``_as_of`` to a query's output, and combine only rows of the same day."""
        tree = scope.unwrap(tree)
        if id(tree) in self.done:
            return
        self.done.add(id(tree))
        if isinstance(tree, exp.SetOperation):
            self.partition(tree.left)
            self.partition(tree.right)
        elif not isinstance(tree, exp.Select):
            raise self._refusal("an unsupported kind of relation")
        if tree.args.get("limit") or tree.args.get("offset"):
            raise self._refusal("LIMIT counts the rows of one day")
        if isinstance(tree, exp.Select):
            self._partition_select(tree)

    def correlate(self, tree: exp.Query) -> None:
        """Restrict a subquery in an expression to rows of the day of the outer row."""
        outer = tree.find_ancestor(exp.Select)
        if outer is None or not isinstance(tree, exp.Select):
            raise self._refusal("a set operation inside an expression")
        self.done.add(id(tree))
        outer_alias = self._first_alias(outer)
        if outer_alias in {source.alias_or_name.lower() for source in relations(tree)}:
            raise self._refusal("a subquery reuses the alias of its outer relation")
        alias = self._join_relations(tree)
        self._replace_as_of(tree, alias)
        tree.where(exp.column(DAY, alias).eq(exp.column(DAY, outer_alias)), copy=False)

    def _partition_select(self, select: exp.Select) -> None:
        alias = self._join_relations(select)
        if not stars.hide_column(select, DAY):
            raise self._refusal("'*' over joined tables")
        self._replace_as_of(select, alias)
        self._group_by_day(select, alias)
        for node in list(scope.walk_scope(select)):
            if isinstance(node, exp.Window) and not node.args.get("alias"):
                node.append("partition_by", exp.column(DAY, alias))
        select.append("expressions", exp.column(DAY, alias))

    def _first_alias(self, select: exp.Select) -> str:
        """The alias of the first relation in FROM, which supplies the day of each row."""
        sources = relations(select)
        if not sources or not reads_inputs(sources[0]):
            raise self._refusal("FROM begins with a relation that has no days")
        joins = select.args.get("joins") or []
        if any(join.side in ("RIGHT", "FULL") for join in joins):
            raise self._refusal("a RIGHT or FULL JOIN")
        if any(source.args.get("pivots") for source in sources):
            raise self._refusal("PIVOT")
        return str(sources[0].alias_or_name)

    def _join_relations(self, select: exp.Select) -> str:
        alias = self._first_alias(select)
        self._partition_relation(relations(select)[0])
        by_on = False
        for join in select.args.get("joins") or []:
            if not reads_inputs(join.this):
                continue
            if isinstance(join.this, exp.Lateral):
                raise self._refusal("LATERAL over an input")
            self._partition_relation(join.this)
            if join.args.get("using") and by_on:
                raise self._refusal("USING after ON")
            self._join_on_same_day(join, alias)
            by_on = by_on or (not join.args.get("using") and join.kind not in ("SEMI", "ANTI"))
        return alias

    def _join_on_same_day(self, join: exp.Join, alias: str) -> None:
        if join.method == "NATURAL":
            return
        if join.args.get("using"):
            join.set("using", [*join.args["using"], exp.to_identifier(DAY)])
            return
        same = exp.column(DAY, join.this.alias_or_name).eq(exp.column(DAY, alias))
        written = join.args.get("on")
        join.set("on", exp.and_(written, same, copy=False) if written is not None else same)
        if join.kind == "CROSS":
            join.set("kind", None)

    def _partition_relation(self, relation: exp.Expr) -> None:
        named = cte_of(relation)
        inner = named.this if named is not None else relation.this
        if not isinstance(inner, exp.Query):
            return
        first_time = id(scope.unwrap(inner)) not in self.done
        self.partition(inner)
        holders = [relation, named] if named is not None and first_time else [relation]
        for holder in holders:
            listed = holder.args.get("alias")
            if listed is not None and listed.columns:
                listed.append("columns", exp.to_identifier(DAY))

    def _replace_as_of(self, select: exp.Select, alias: str) -> None:
        for node in list(scope.walk_scope(select)):
            if isinstance(node, exp.Placeholder) and node.name == "as_of":
                node.replace(exp.column(DAY, alias))

    def _group_by_day(self, select: exp.Select, alias: str) -> None:
        group = select.args.get("group")
        has_total = any(scope.has_plain_aggregate(item) for item in select.expressions)
        if group is None:
            if has_total or select.args.get("having"):
                raise self._refusal("a total over all rows")
            return
        if group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
            raise self._refusal("ROLLUP, CUBE or GROUPING SETS")
        if group.args.get("all"):
            items = [i for i in select.expressions if not scope.has_plain_aggregate(i)]
            if any(item.is_star for item in items):
                raise self._refusal("GROUP BY ALL with '*'")
            group.set("all", None)
            group.set("expressions", [item.unalias().copy() for item in items])
        group.append("expressions", exp.column(DAY, alias))

    def _refusal(self, reason: str) -> NotPartitionable:
        return NotPartitionable(f"cannot be partitioned by as_of: {reason}", where=self.query.file)
