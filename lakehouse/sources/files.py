"""``kind: files``: files below a landing folder, in one of ``lakehouse.sources.formats``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError
from lakehouse.sources.file_source import FileSource, file_source, file_source_errors
from lakehouse.sources.source import Source


class Files(Source):
    """Each file is loaded once; see ``sources.ledger`` for files that change."""

    kind = "files"
    declaration = FileSource
    intake = "lakehouse.refresh.kinds.bronze:Bronze"
    table_keys = ("on_changed_file", "on_duplicate_file", "max_rescued")

    def check(self, table: BronzeTable) -> Iterator[DeclarationError]:
        """Errors in the path and the options."""
        yield from file_source_errors(table)

    def describe(self, table: BronzeTable) -> str:
        """The format and the path."""
        source = file_source(table)
        return f"{source.format} files, `{source.path}`"

    def definition(self, table: BronzeTable) -> dict[str, Any]:
        """The format and the options. A changed path does not change files that are loaded."""
        source = file_source(table)
        day_from = {"day_from": source.day_from} if source.day_from else {}
        return {"format": source.format, **source.options, **day_from}

    def check_place(self, table: BronzeTable, landing: str) -> None:
        """Raise UsageError where a local folder does not exist."""
        from lakehouse.sources.listing import check_folder

        check_folder(file_source(table), landing, where=shown(table.file))


FILES = Files()
