"""The declaration of a file source, and its checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.source_declaration import SourceDeclaration
from lakehouse.config.yaml_file import did_you_mean, load
from lakehouse.errors import DeclarationError, RunFailed
from lakehouse.sources.formats.registry import FORMATS, format_of
from lakehouse.sources.pattern import path_pattern


def _option_text(value: object) -> object:
    """A YAML boolean or integer as the text that Spark expects, such as ``false``.

    A float remains an error, since YAML changes its spelling (1e3, 1.10).
    """
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value


def _known_format(name: str) -> str:
    if name not in FORMATS:
        *names, last = [f"'{known}'" for known in FORMATS]
        raise ValueError(f"input should be {', '.join(names)} or {last}")
    return name


OptionText = Annotated[str, BeforeValidator(_option_text)]


class FileSource(SourceDeclaration):
    """Files below a landing folder; ``{date}`` in the path is the file's business day."""

    kind: Literal["files"]
    format: Annotated[str, AfterValidator(_known_format)]
    path: str
    options: dict[str, OptionText] = Field(default_factory=dict)


def file_source(table: BronzeTable) -> FileSource:
    """The source declaration of a table that reads files. Raises RunFailed for other sources."""
    if not isinstance(table.source, FileSource):
        raise RunFailed("the table is not read from files", where=table.table)
    return table.source


def file_source_errors(table: BronzeTable) -> Iterator[DeclarationError]:
    """An error (file:line) for an invalid path and for each invalid option."""
    source = file_source(table)
    try:
        where = load(table.file).where("source", "path")
        path_pattern(source.path, "/landing", source.format, where=where)
    except DeclarationError as problem:
        yield problem
    yield from option_errors(table)


def refuse_invalid_options(table: BronzeTable) -> None:
    """Raise DeclarationError (file:line) for the first invalid option."""
    for problem in option_errors(table):
        raise problem


def option_errors(table: BronzeTable) -> Iterator[DeclarationError]:
    """An error for each unknown option and for each value that Spark would reject."""
    source = file_source(table)
    known = format_of(source.format).options
    for name, text in source.options.items():
        hint = None
        if not known:
            problem: str | None = f"unknown option '{name}'; a {source.format} source has none"
        elif name not in known:
            near = did_you_mean(name, known)
            problem = f"unknown option '{name}' of a {source.format} source{near}"
            hint = f"known: {', '.join(known)}"
        else:
            wrong = known[name](text)
            problem = f"{name}: {wrong.message}" if wrong else None
            hint = wrong.hint if wrong else None
        if problem is not None:
            where = load(table.file).where("source", "options", name)
            yield DeclarationError(problem, where=where, hint=hint)
