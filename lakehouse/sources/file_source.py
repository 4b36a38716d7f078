"""The declaration of a file source, and its checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.names import ColumnName
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


_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_BYTES = re.compile(r"(\d+) ?([kmgt]?b)", re.IGNORECASE)


def _bytes(value: object) -> object:
    """``500 MB`` as a number of bytes."""
    match = _BYTES.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, str) and match is None:
        raise ValueError(f"invalid size '{value}'; write it as '500 MB'")
    return int(match[1]) * _UNITS[match[2].lower()] if match else value


class FileSource(SourceDeclaration):
    """Files below a landing folder; ``{date}`` in the path is the file's business day, or the
    column ``day_from`` is that of each row. A refresh reads files in batches of at most
    ``max_files`` and ``max_bytes``, each of which is committed before the next. With ``snapshot``
    each load is a whole dump: a key that is absent in it is deleted, unless more than the share
    ``max_deletes`` of the keys are."""

    kind: Literal["files"]
    format: Annotated[str, AfterValidator(_known_format)]
    path: str
    options: dict[str, OptionText] = Field(default_factory=dict)
    day_from: ColumnName | None = None
    snapshot: bool = False
    max_deletes: float = Field(default=0.2, ge=0, le=1)
    max_files: int | None = Field(default=None, ge=1)
    max_bytes: Annotated[int, BeforeValidator(_bytes)] | None = Field(default=None, ge=1)


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
    yield from _format_errors(table)


def _format_errors(table: BronzeTable) -> Iterator[DeclarationError]:
    """An error for each key that the format needs or cannot use."""
    source, document = file_source(table), load(table.file)
    form = format_of(source.format)
    for key, message, hint in form.check(table, source):
        yield DeclarationError(message, where=document.where(*key), hint=hint)
    yield from _day_errors(table, source)
    yield from _dump_errors(table, source)
    for name, column in table.columns.items():
        if column.position is not None and not form.has_positions:
            yield DeclarationError(
                f"{name}: a position has no meaning for {source.format} files",
                where=document.where("columns", name, "position"),
                hint="leave it out, or declare format: fixed_width",
            )


def _day_errors(table: BronzeTable, source: FileSource) -> Iterator[DeclarationError]:
    if source.day_from is None:
        return
    where = load(table.file).where("source", "day_from")
    column = table.columns.get(source.day_from)
    if "{date}" in source.path:
        yield DeclarationError(
            "the day of a row is declared twice: by {date} in path, and by day_from",
            where=where,
            hint="leave one of them out; * in the path stands for a part of a name",
        )
    if column is None:
        near = did_you_mean(source.day_from, table.columns)
        yield DeclarationError(f"day_from: no column '{source.day_from}'{near}", where=where)
    elif column.type.strip().lower() not in ("date", "timestamp"):
        yield DeclarationError(
            f"day_from: {source.day_from} is neither a date nor a timestamp",
            where=where,
            hint="a second column can read the same field: {type: date, field: "
            f"{column.field or source.day_from}, pii: none}}",
        )


def _dump_errors(table: BronzeTable, source: FileSource) -> Iterator[DeclarationError]:
    document = load(table.file)
    if not source.snapshot:
        if "max_deletes" in source.model_fields_set:
            yield DeclarationError(
                "max_deletes has a meaning for whole dumps only",
                where=document.where("source", "max_deletes"),
                hint="declare snapshot: true, or leave it out",
            )
        return
    if "*" in source.path and "{date}" not in source.path:
        yield DeclarationError(
            "snapshot: true needs a path of one name, or with {date}; '*' has many",
            where=document.where("source", "path"),
        )
    if source.day_from is not None:
        yield DeclarationError(
            "the rows of a whole dump have its day, not their own",
            where=document.where("source", "day_from"),
            hint="leave it out",
        )
    if "on_changed_file" in table.model_fields_set and table.on_changed_file != "replace":
        yield DeclarationError(
            "a whole dump replaces the one before under its name",
            where=document.where("on_changed_file"),
            hint="leave it out",
        )


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
