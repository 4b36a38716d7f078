"""Check the declaration of a source without Spark and without its data."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import load
from lakehouse.errors import DeclarationError
from lakehouse.sources.registry import source_of

ABOUT_FILES = ("on_changed_file", "on_duplicate_file", "max_rescued")
"""Keys of a bronze table that only some kinds of sources support."""


def check_source(table: BronzeTable) -> Iterator[DeclarationError]:
    """One error (file:line) for each mistake in ``source:`` and in the keys that go with it."""
    source = source_of(table)
    for key in ABOUT_FILES:
        if key in table.model_fields_set and key not in source.table_keys:
            yield DeclarationError(
                f"{key} has no meaning for a source of kind '{source.kind}'",
                where=load(table.file).where(key),
                hint="leave it out",
            )
    yield from source.check(table)
