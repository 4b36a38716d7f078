"""Many days in one query: each relation gets a column for the day, and days never meet.

What one day's query says of all rows, this one says of the rows of the same day. Where that
cannot be said (a total over no rows, the first n rows, an outer join from the right) it refuses,
and the days are asked one by one.
"""

from __future__ import annotations

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql import shape
from lakehouse.sql.query import Query
from lakehouse.sql.relations import own_query, reads_inputs, relations

DAY = "_as_of"


class NotForManyDays(DeclarationError):
    """The query cannot be asked for many days at once; day by day it can."""


def keep_days_apart(query: Query, holder: exp.Subquery) -> None:
    """Rewrite ``holder.this`` in place: its output has ``_as_of`` as its last column.

    The caller then puts relations with the column ``_as_of`` in the place of the inputs.
    """
    inner = [one for one in shape.inner_queries(holder) if reads_inputs(one)]
    for one in inner:
        if any(other is not one and one in other.walk() for other in inner):
            raise NotForManyDays("queries inside queries inside expressions", where=query.file)
    rewriter = _Rewriter(query)
    for one in inner:
        rewriter.same_day(one)
    rewriter.with_day(holder.this)
    # A relation that reads no input has no row of a day from which the day could be taken.
    if any(parameter.name == "as_of" for parameter in holder.find_all(exp.Placeholder)):
        raise NotForManyDays(":as_of in a relation that reads no input", where=query.file)


class _Rewriter:
    def __init__(self, query: Query) -> None:
        self.query = query
        self.done: set[int] = set()

    def with_day(self, tree: exp.Query) -> None:
        """Give a query the output ``_as_of``, and each of its rows parts of one day only."""
        tree = shape.select_of(tree)
        if id(tree) in self.done:
            return
        self.done.add(id(tree))
        if isinstance(tree, exp.SetOperation):
            self.with_day(tree.left)
            self.with_day(tree.right)
        elif not isinstance(tree, exp.Select):
            raise self._refusal("a relation of another kind")
        if tree.args.get("limit") or tree.args.get("offset"):
            raise self._refusal("LIMIT counts the rows of one day")
        if isinstance(tree, exp.Select):
            self._select_with_day(tree)

    def same_day(self, tree: exp.Query) -> None:
        """Let a query inside an expression see the rows of the day of the row it stands in."""
        outer = tree.find_ancestor(exp.Select)
        if outer is None or not isinstance(tree, exp.Select):
            raise self._refusal("a set operation inside an expression")
        self.done.add(id(tree))
        outside = self._first(outer)
        if outside in {source.alias_or_name.lower() for source in relations(tree)}:
            raise self._refusal("two relations of one name, one inside the other")
        own = self._join_same_day(tree)
        self._place_day(tree, own)
        tree.where(exp.column(DAY, own).eq(exp.column(DAY, outside)), copy=False)

    def _select_with_day(self, select: exp.Select) -> None:
        own = self._join_same_day(select)
        self._show_day_once(select, own)
        self._place_day(select, own)
        self._group_by_day(select, own)
        for node in list(shape.own_nodes(select)):
            if isinstance(node, exp.Window) and not node.args.get("alias"):
                node.append("partition_by", exp.column(DAY, own))
        select.append("expressions", exp.column(DAY, own))

    def _first(self, select: exp.Select) -> str:
        """The name of the first relation of FROM, from which each row has its day."""
        sources = relations(select)
        if not sources or not reads_inputs(sources[0]):
            raise self._refusal("FROM begins with a relation that has no days")
        joins = select.args.get("joins") or []
        if any(join.side in ("RIGHT", "FULL") for join in joins):
            raise self._refusal("a RIGHT or FULL JOIN")
        if any(source.args.get("pivots") for source in sources):
            raise self._refusal("PIVOT")
        return str(sources[0].alias_or_name)

    def _join_same_day(self, select: exp.Select) -> str:
        own = self._first(select)
        self._relation_with_day(relations(select)[0])
        by_on = False
        for join in select.args.get("joins") or []:
            if not reads_inputs(join.this):
                continue
            if isinstance(join.this, exp.Lateral):
                raise self._refusal("LATERAL over an input")
            self._relation_with_day(join.this)
            if join.args.get("using") and by_on:
                raise self._refusal("USING after ON")
            self._ask_for_same_day(join, own)
            by_on = by_on or (not join.args.get("using") and join.kind not in ("SEMI", "ANTI"))
        return own

    def _ask_for_same_day(self, join: exp.Join, own: str) -> None:
        if join.method == "NATURAL":
            return
        if join.args.get("using"):
            join.set("using", [*join.args["using"], exp.to_identifier(DAY)])
            return
        same = exp.column(DAY, join.this.alias_or_name).eq(exp.column(DAY, own))
        written = join.args.get("on")
        join.set("on", exp.and_(written, same, copy=False) if written is not None else same)
        if join.kind == "CROSS":
            join.set("kind", None)

    def _relation_with_day(self, relation: exp.Expr) -> None:
        named = own_query(relation)
        inner = named.this if named is not None else relation.this
        if not isinstance(inner, exp.Query):
            return
        first_time = id(shape.select_of(inner)) not in self.done
        self.with_day(inner)
        holders = [relation] if named is None else [relation, named] if first_time else [relation]
        for holder in holders:
            alias = holder.args.get("alias")
            if alias is not None and alias.columns:
                alias.append("columns", exp.to_identifier(DAY))

    def _show_day_once(self, select: exp.Select, own: str) -> None:
        """``*`` without the days of the relations."""
        shown: list[exp.Expr] = []
        dated = [one.alias_or_name for one in _seen(select) if reads_inputs(one)]
        by_using = all(
            join.args.get("using") or join.method == "NATURAL" or not reads_inputs(join.this)
            for join in select.args.get("joins") or []
        )
        for item in select.expressions:
            if not item.is_star:
                shown.append(item)
            elif isinstance(item, exp.Column):
                has_day = item.table.lower() in {name.lower() for name in dated}
                shown.append(_star(item.table, item.this, has_day))
            elif by_using or len(dated) == 1:
                shown.append(_star(None, item, True))
            elif item.args.get("except_") or any(j.args.get("using") for j in select.args["joins"]):
                raise self._refusal("'*' over joined tables")
            else:
                names = [source.alias_or_name for source in _seen(select)]
                shown += [_star(name, exp.Star(), name in dated) for name in names]
        select.set("expressions", shown)

    def _place_day(self, select: exp.Select, own: str) -> None:
        for node in list(shape.own_nodes(select)):
            if isinstance(node, exp.Placeholder) and node.name == "as_of":
                node.replace(exp.column(DAY, own))

    def _group_by_day(self, select: exp.Select, own: str) -> None:
        group = select.args.get("group")
        total = any(shape.has_plain_aggregate(item) for item in select.expressions)
        if group is None:
            if total or select.args.get("having"):
                raise self._refusal("a total over all rows")
            return
        if group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
            raise self._refusal("ROLLUP, CUBE or GROUPING SETS")
        if group.args.get("all"):
            items = [i for i in select.expressions if not shape.has_plain_aggregate(i)]
            if any(item.is_star for item in items):
                raise self._refusal("GROUP BY ALL with '*'")
            group.set("all", None)
            group.set("expressions", [item.unalias().copy() for item in items])
        group.append("expressions", exp.column(DAY, own))

    def _refusal(self, reason: str) -> NotForManyDays:
        return NotForManyDays(f"not for many days at once: {reason}", where=self.query.file)


def _seen(select: exp.Select) -> list[exp.Expr]:
    """The relations whose columns a SELECT sees."""
    hidden = [j.this for j in select.args.get("joins") or [] if j.kind in ("SEMI", "ANTI")]
    return [one for one in relations(select) if not any(one is other for other in hidden)]


def _star(table: str | None, star: exp.Expr, has_day: bool) -> exp.Expr:
    left_out = [one.copy() for one in star.args.get("except_") or []]
    left_out += [exp.to_identifier(DAY)] if has_day else []
    whole = exp.Star(except_=left_out or None)
    return exp.Column(this=whole, table=exp.to_identifier(table)) if table else whole
