"""Why most of a CSV file was not understood, with a hint at a better delimiter or encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.csv.dialect import Dialect
from lakehouse.sources.csv.headers import first_record, without_first_lines
from lakehouse.sources.field_names import fields_by_column, fields_in_order
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.summary import FileSummary

_DELIMITERS = {",": "','", ";": "';'", "|": "'|'", "\t": "'\\t'"}
_MOST_LINES = 20  # lines before a header that are tried
_BOMS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


@dataclass(frozen=True)
class _Reading:
    """How many declared columns the header line has, if ``skip`` lines precede it, with one
    delimiter and encoding."""

    columns: int
    delimiter: str
    encoding: str
    skip: int = 0


def why_not_understood(
    summary: FileSummary | None, start: bytes, table: BronzeTable, source: FileSource
) -> str | None:
    """Why a suspect file must not be loaded, with a hint; None for a file without data.

    The reasons: no declared column in the header line, more lines than the header but no rows, and
    too large a share of rows that were rescued whole.
    """
    form = Dialect(source.options)
    as_is = _reading(start, form.delimiter, form.encoding, form, table)
    hint = _hint(start, as_is, form, table)
    if form.has_header and as_is.columns == 0:
        if summary is None and not _has_text(start):
            return None
        return f"no declared column occurs in its header line, or it has none{hint}"
    if summary is None:
        return None if _is_without_rows(start, form) else f"it gave no row{hint}"
    return f"{summary.share_not_understood(table)}{hint}"


def _hint(start: bytes, as_is: _Reading, form: Dialect, table: BronzeTable) -> str:
    """The options with which the first line would have more declared columns; "" for none."""
    declared = (form.delimiter, form.encoding)
    readings = [
        _reading(start, delimiter, encoding, form, table)
        for encoding in _encodings(start, form)
        for delimiter in dict.fromkeys([form.delimiter, *_DELIMITERS])
    ]
    if form.has_header and not form.is_multi_line:
        readings += [_reading(start, *declared, form, table, skip=n) for n in range(1, _MOST_LINES)]
    best = max(readings, key=lambda reading: reading.columns, default=as_is)
    changes: list[str] = []
    if best.columns > as_is.columns:
        if best.delimiter != form.delimiter:
            changes.append(f"delimiter: {_DELIMITERS[best.delimiter]}")
        if best.encoding.upper() != form.encoding.upper():
            changes.append(f"encoding: {best.encoding}")
        if best.skip != form.skip_lines:
            changes.append(f"skipLines: {best.skip}")
        named = f"{best.columns} of {len(table.columns)} columns"
        return f"; with {' and '.join(changes)} it would have {named}" if changes else ""
    return "; its text is not UTF-8: try encoding: ISO-8859-1" if _is_latin(start, form) else ""


def _encodings(start: bytes, form: Dialect) -> Iterator[str]:
    """The declared encoding, then those that the first bytes suggest."""
    yield form.encoding
    yield from {name for mark, name in _BOMS.items() if start.startswith(mark)}
    if not start.startswith(tuple(_BOMS)) and start.count(0) > len(start) // 4:
        yield "UTF-16LE" if start[1:2] == b"\0" else "UTF-16BE"
    if 0 not in start:
        yield "UTF-8"


def _reading(
    start: bytes,
    delimiter: str,
    encoding: str,
    form: Dialect,
    table: BronzeTable,
    skip: int | None = None,
) -> _Reading:
    skipped = form.skip_lines if skip is None else skip
    tried = Dialect({**form.options, "delimiter": delimiter, "skipLines": str(skipped)})
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    rest = without_first_lines(text, tried) or ""
    cells = [cell.strip() for cell in first_record(rest, tried, complete=True) or []]
    if form.has_header:
        count = len(fields_by_column(dict.fromkeys(cells), table.columns))
    else:
        count = len(cells) if len(cells) == len(fields_in_order(table.columns)) else 0
    return _Reading(count, delimiter, encoding, skipped)


def _is_latin(start: bytes, form: Dialect) -> bool:
    """Whether bytes declared as UTF-8 are invalid, and may be in a single-byte encoding."""
    if form.encoding.upper() != "UTF-8" or 0 in start:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return True
    return False


def _is_without_rows(start: bytes, form: Dialect) -> bool:
    """Whether the file has no data lines: it is blank or has only the header."""
    text = start.decode(form.encoding, errors="replace").removeprefix("\ufeff")
    comment = form.options.get("comment") or "\0"
    rest = without_first_lines(text, form) or ""
    lines = [line for line in re.split(r"[\r\n]+", rest) if line.strip()]
    lines = [line for line in lines if not line.startswith(comment)]
    has_open_quote = form.is_multi_line and bool(form.quote) and form.quote in text
    return len(lines) <= int(form.has_header) or (form.has_header and has_open_quote)


def _has_text(start: bytes) -> bool:
    # In UTF-16, blank text has NULs; a file of nothing else was never written to its end.
    return bool(start.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe")) or start.count(0) == len(start) > 0
