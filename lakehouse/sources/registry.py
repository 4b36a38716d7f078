"""The source of a bronze table, by the ``kind:`` that it declares."""

from __future__ import annotations

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.source_declaration import SOURCES
from lakehouse.errors import DeclarationError
from lakehouse.sources.source import Source


def source_of(table: BronzeTable) -> Source:
    """The kind of source that the table declares.

    Raises DeclarationError for a package's object that is not a ``Source``.
    """
    kind = table.source.kind
    source = SOURCES.get(kind)
    if not isinstance(source, Source):
        raise DeclarationError(
            f"'{kind}' in {SOURCES.group} is not a lakehouse.sources.source.Source",
            where=table.table,
        )
    return source
