"""A parsed query: its inputs, its output columns, and errors with its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from lakehouse.errors import DeclarationError
from lakehouse.sql.dialect import to_sql

LIBRARY = "_library"
"""The schema of the relations that the library itself adds to a query: ``_library.days``."""


@dataclass(frozen=True)
class Query:
    """One declared query. Nobody changes ``tree`` in place: a change is a new Query.

    Every relation in ``tree`` has an alias, and columns are qualified by aliases only.
    """

    tree: exp.Query
    file: str
    declared: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    text: str = field(default="", repr=False, compare=False)
    """What the author wrote; it stays through every change of the tree."""

    @property
    def relations(self) -> frozenset[str]:
        """What must be bound: the inputs that are used, and the library's own relations."""
        return frozenset(name for name, _ in bound_tables(self.tree))

    @property
    def inputs(self) -> frozenset[str]:
        """The declared inputs that the query uses."""
        return self.relations & frozenset(self.declared)

    def output_names(self) -> tuple[str, ...] | None:
        """The output's columns in order; None where a ``*`` or a nameless item hides them."""
        names: list[str] = []
        for item in self.tree.selects:
            if isinstance(item, exp.Aliases):
                names += [alias.name for alias in item.aliases]
            else:
                names.append("" if item.is_star else item.output_name)
        return tuple(names) if all(names) else None

    def sql(self) -> str:
        """The query as text for people, inputs by name."""
        return to_sql(self.tree, pretty=True)

    def with_tree(self, tree: exp.Query) -> Query:
        """The same declaration with another tree."""
        return replace(self, tree=tree)

    def error(
        self, message: str, node: exp.Expr | None = None, hint: str | None = None
    ) -> DeclarationError:
        """A DeclarationError that names the line of ``node`` (the first where it has none)."""
        line = line_of(node if node is not None else self.tree)
        return DeclarationError(message, where=f"{self.file}:{line}", hint=hint)


def bound_name(table: exp.Table) -> str | None:
    """``silver.orders`` of a two-part relation, ``days`` of ``_library.days``; None for others."""
    if not isinstance(table.this, exp.Identifier) or not table.db:
        return None
    return table.name if table.db == LIBRARY else f"{table.db}.{table.name}".lower()


def bound_tables(tree: exp.Expr) -> Iterator[tuple[str, exp.Table]]:
    """Each relation of the tree that a frame will be bound to, with its name."""
    for table in tree.find_all(exp.Table):
        name = bound_name(table)
        if name is not None:
            yield name, table


def line_of(node: exp.Expr) -> int:
    """The line where ``node`` begins, as far as it is known, else that of the node around it."""
    here: exp.Expr | None = node
    while here is not None:
        lines = [part.meta_get("line") for part in here.walk()]
        present = [line for line in lines if line]
        if present:
            return int(min(present))
        here = here.parent
    return 1
