"""Add hidden columns to a silver query: each row keeps ``_known_date, _malformed`` of its source.

This requires that each output row comes from one source row. Queries that combine rows are refused,
since their result would depend on how rows are split into batches.

Example: the source is bronze.orders; silver.stores is a lookup with one row per store and day.

input:
    SELECT o.id, s.city FROM bronze.orders AS o LEFT JOIN silver.stores AS s ON s.store = o.store

rewritten:
    SELECT o.id, s.city, o._known_date, o._malformed
    FROM bronze.orders AS o
    LEFT JOIN silver.stores AS s ON s.store = o.store AND s._known_date = o._known_date

bronze.orders:
    id  store  _known_date  _malformed
    1   a      2026-01-01   false
    2   a      2026-01-02   true

silver.stores:
    store  city  _known_date
    a      Ripe  2026-01-01
    a      Ribe  2026-01-02

output:
    id  city  _known_date  _malformed
    1   Ripe  2026-01-01   false
    2   Ribe  2026-01-02   true
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql import scope
from lakehouse.sql.query import Query, bound_name, bound_tables
from lakehouse.sql.relations import cte_of, relations
from lakehouse.sql.stars import star

KNOWN_DATE = "_known_date"
HIDDEN = (KNOWN_DATE, "_malformed")
_AGGREGATE_OF_LOOKUP = (
    "join its rows with LEFT JOIN … ON; an aggregate over it belongs in a gold table that reads "
    "both, or in a Python transformation beside the declaration (NAME.py)"
)
_ROW_WISE = "a silver transformation is row by row; keys: and write: keep one row per key"


def add_hidden_columns(
    query: Query,
    source: str,
    columns: Sequence[str] = HIDDEN,
    lookups: Collection[str] = (),
) -> Query:
    """Add ``columns`` of ``source`` to the end of the query's output.

    Each join to one of ``lookups`` also requires an equal ``_known_date``: the lookup's frame has
    its point-in-time rows for each day of the batch. Raises DeclarationError where an output row
    does not come from one source row, or a lookup is used other than in a join.
    """
    return query.with_tree(_Rewriter(query, source.lower(), tuple(columns), lookups).rewrite())


class _Rewriter:
    """Rewrites a copy of the tree, scope by scope."""

    def __init__(
        self, query: Query, source: str, columns: tuple[str, ...], lookups: Collection[str]
    ) -> None:
        self.query = query
        self.source = source
        self.columns = columns
        self.lookups = {name.lower() for name in lookups}
        self.done: set[int] = set()
        self.joined: set[int] = set()

    def rewrite(self) -> exp.Query:
        tree = self.query.tree.copy()
        # 1. Refuse subqueries in expressions that read tables, since they see other rows.
        for inner in scope.find_subqueries(tree):
            if any(True for _ in bound_tables(inner)):
                raise self._error("a query inside an expression reads a table", inner, _ROW_WISE)
        # 2. Scope by scope, from the outside in: join lookups by day, add the columns at the end.
        self._extend(tree)
        # 3. Refuse lookups that were not joined: they would be read for all days.
        for name, table in bound_tables(tree):
            if name in self.lookups and id(table) not in self.joined:
                raise self._error(
                    f"{name} is a lookup and can only be joined", table, _AGGREGATE_OF_LOOKUP
                )
        return tree

    def _extend(self, tree: exp.Query) -> None:
        tree = scope.unwrap(tree)
        if id(tree) in self.done:
            return
        self.done.add(id(tree))
        if isinstance(tree, exp.Union) and not tree.args.get("distinct"):
            self._extend(tree.left)
            self._extend(tree.right)
        elif isinstance(tree, exp.Select):
            self._extend_select(tree)
        else:
            raise self._error("a set operation that compares rows", tree, "use UNION ALL")

    def _extend_select(self, select: exp.Select) -> None:
        reason = scope.find_row_mixing(select)
        if reason:
            raise self._error(f"{reason} mixes rows of {self.source}", select, _ROW_WISE)
        sources = relations(select)
        if not sources or not self._leads_to_source(sources[0]):
            raise self._error(f"FROM does not begin with {self.source}", select, None)
        if any(self._leads_to_source(other) for other in sources[1:]):
            raise self._error(f"{self.source} is read twice", select, _ROW_WISE)
        self._extend_relation(sources[0])
        for join in select.args.get("joins") or []:
            self._join(join, sources[0].alias_or_name)
        self._add_columns(select, sources)

    def _leads_to_source(self, relation: exp.Expr) -> bool:
        inner = _inner_query(relation)
        if inner is None:
            return isinstance(relation, exp.Table) and bound_name(relation) == self.source
        tables = inner.find_all(exp.Table)
        return any(self._leads_to_source(table) for table in tables)

    def _extend_relation(self, relation: exp.Expr) -> None:
        inner = _inner_query(relation)
        if inner is None:
            return
        named = cte_of(relation) or relation
        first_time = id(scope.unwrap(inner)) not in self.done
        self._extend(inner)
        for alias in {id(named): named, id(relation): relation}.values():
            listed = alias.args.get("alias")
            if listed is not None and listed.columns and (first_time or alias is relation):
                listed.set("columns", [*listed.columns, *map(exp.to_identifier, self.columns)])

    def _join(self, join: exp.Join, source: str) -> None:
        kind = f"{join.side} {join.kind}".strip()
        if kind.startswith(("RIGHT", "FULL")):
            raise self._error(f"{kind} JOIN adds rows that have no source row", join, "LEFT JOIN")
        name = bound_name(join.this) if isinstance(join.this, exp.Table) else None
        if name not in self.lookups:
            return
        if join.args.get("using"):
            join.set("using", [*join.args["using"], exp.to_identifier(KNOWN_DATE)])
        elif join.args.get("on") and kind in ("", "INNER", "LEFT", "LEFT SEMI", "LEFT ANTI"):
            same_day = exp.column(KNOWN_DATE, join.this.alias).eq(exp.column(KNOWN_DATE, source))
            join.set("on", exp.and_(join.args["on"], same_day, copy=False))
        else:
            raise self._error(f"{name} is joined without ON", join, "add the ON condition")
        self.joined.add(id(join.this))

    def _add_columns(self, select: exp.Select, sources: list[exp.Expr]) -> None:
        """Add the columns at the end: the branches of a UNION are matched by position."""
        alias = sources[0].alias_or_name
        items = [part for item in select.expressions for part in self._show(item, select, alias)]
        added = [exp.column(name, alias) for name in self.columns]
        select.set("expressions", [*items, *added])

    def _show(self, item: exp.Expr, select: exp.Select, alias: str) -> list[exp.Expr]:
        """``item`` without hidden columns; for ``*``, also without the day of a joined lookup."""
        if not item.is_star:
            hidden = item.alias_or_name in self.columns
            if hidden and not (
                isinstance(item, exp.Column) and item.table.lower() in ("", alias.lower())
            ):
                message = f"'{item.alias_or_name}' is the library's column"
                raise self._error(message, item, "leave it out: it is added")
            return [] if hidden else [item]
        written = item if isinstance(item, exp.Star) else item.this
        of = item.table if isinstance(item, exp.Column) else None
        of = alias if of is not None and of.lower() == alias.lower() else of
        by_on = self._lookups_joined_by_on(select)
        if of is None and by_on:
            if written.args.get("except_") or len(by_on) < len(select.args["joins"]):
                raise self._error("'*' over joined tables", item, "name the columns")
            names = [source.alias_or_name for source in relations(select)]
            return [self._star(name, alias, by_on, exp.Star()) for name in names]
        return [self._star(of, alias, by_on, written)]

    def _lookups_joined_by_on(self, select: exp.Select) -> list[str]:
        """Lookups joined with ON, so that their ``_known_date`` would appear in ``*``."""
        joins = [join for join in select.args.get("joins") or [] if id(join.this) in self.joined]
        visible = [j for j in joins if j.args.get("on") and j.kind not in ("SEMI", "ANTI")]
        return [join.this.alias for join in visible]

    def _star(self, of: str | None, alias: str, by_on: list[str], written: exp.Expr) -> exp.Expr:
        hidden = self.columns if of in (None, alias) else (KNOWN_DATE,) if of in by_on else ()
        left_out = [column.name for column in written.args.get("except_") or []]
        return star(of, written, [name for name in hidden if name not in left_out])

    def _error(self, message: str, node: exp.Expr, hint: str | None) -> DeclarationError:
        return self.query.error(message, node, hint)


def _inner_query(relation: exp.Expr) -> exp.Query | None:
    """The query of a CTE or a derived table; None for other relations."""
    named = cte_of(relation)
    inner = named.this if named is not None else relation.this
    return inner if isinstance(inner, exp.Query) else None
