"""Whether a source's declaration can be read by, known without Spark and without its files."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import load
from lakehouse.errors import DeclarationError
from lakehouse.sources.declared import not_a_type
from lakehouse.sources.options import option_problems
from lakehouse.sources.pattern import path_pattern
from lakehouse.sources.type_names import is_type


def check_source(table: BronzeTable) -> Iterator[DeclarationError]:
    """One error (file:line) for each mistake in the path, the options and the columns' types."""
    try:
        where = load(table.file).where("source", "path")
        path_pattern(table.source.path, "/landing", table.source.format, where=where)
    except DeclarationError as problem:
        yield problem
    yield from option_problems(table)
    for name, column in table.columns.items():
        if not is_type(column.type):
            yield not_a_type(table, name)
