"""A parsed query: its inputs, its output columns, and errors with its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql.dialect import to_sql

LIBRARY = "_library"
"""The schema of relations that the library adds to a query, such as ``_library.days``."""


@dataclass(frozen=True)
class Query:
    """One declared query. ``tree`` is never changed in place: a rewrite returns a new Query.

    Every relation in ``tree`` has an alias, and columns are qualified by aliases only.
    """

    tree: exp.Query
    file: str
    declared: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)
    """The SQL as written by its author; rewrites keep it."""

    @property
    def relations(self) -> frozenset[str]:
        """The names to bind: the inputs that are used, and the library's relations."""
        return frozenset(name for name, _ in bound_tables(self.tree))

    @property
    def inputs(self) -> frozenset[str]:
        """The declared inputs that the query uses."""
        return self.relations & frozenset(self.declared)

    def output_names(self) -> tuple[str, ...] | None:
        """The output columns in order; None where ``*`` or an unnamed item hides them."""
        names: list[str] = []
        for item in self.tree.selects:
            if isinstance(item, exp.Aliases):
                names += [alias.name for alias in item.aliases]
            else:
                names.append("" if item.is_star else item.output_name)
        return tuple(names) if all(names) else None

    def sql(self) -> str:
        """The query as formatted SQL, with inputs by name."""
        return to_sql(self.tree, pretty=True)

    def with_tree(self, tree: exp.Query) -> Query:
        """The same declaration with another tree."""
        return replace(self, tree=tree)

    def error(
        self, message: str, node: exp.Expr | None = None, hint: str | None = None
    ) -> DeclarationError:
        """A DeclarationError with the line of ``node``, or of the query where it is None."""
        line = line_of(node if node is not None else self.tree)
        return DeclarationError(message, where=f"{self.file}:{line}", hint=hint)


def bound_name(table: exp.Table) -> str | None:
    """The name to bind: ``silver.orders``, ``days`` for ``_library.days``; None for others."""
    if not isinstance(table.this, exp.Identifier) or not table.db:
        return None
    return table.name if table.db == LIBRARY else f"{table.db}.{table.name}".lower()


def bound_tables(tree: exp.Expr) -> Iterator[tuple[str, exp.Table]]:
    """The relations of the tree to which frames will be bound, with their names."""
    for table in tree.find_all(exp.Table):
        name = bound_name(table)
        if name is not None:
            yield name, table


def line_of(node: exp.Expr) -> int:
    """The first line of ``node`` where known, or else of the nearest enclosing node."""
    current: exp.Expr | None = node
    while current is not None:
        lines = [part.meta_get("line") for part in current.walk()]
        present = [line for line in lines if line]
        if present:
            return int(min(present))
        current = current.parent
    return 1
