"""Files of which next to nothing was understood, and what would have helped."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.beginnings import beginnings, unzipped
from lakehouse.sources.csv_dialect import Dialect
from lakehouse.sources.declared import fields_by_column
from lakehouse.sources.headers import first_record
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.summary import FileSummary

_START = 1024  # bytes of a file that are looked at for another delimiter or encoding
_DELIMITERS = {",": "','", ";": "';'", "|": "'|'", "\t": "'\\t'"}
_BOMS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


@dataclass(frozen=True)
class _Reading:
    """The first line as read with one delimiter and encoding: how many columns it would name."""

    columns: int
    delimiter: str
    encoding: str


def not_understood(
    spark: SparkSession,
    summaries: Iterable[FileSummary],
    files: Sequence[SourceFile],
    table: BronzeTable,
) -> dict[str, str]:
    """Reason by key, without a word of the content, for files that must not be loaded.

    A file that is not empty and gives no row (a CSV may hold its header line alone), one whose
    header line has no declared column, and one of whose rows more than ``max_rescued`` were rescued
    whole. Reads the first bytes of these files and of files without rows.
    """
    by_key = {summary.path: summary for summary in summaries}
    suspects = [file for file in files if _is_suspect(by_key.get(file.key), table)]
    starts = beginnings(spark, suspects, _START) if suspects else {}
    reasons: dict[str, str] = {}
    for file in suspects:
        start = unzipped(file.key, starts.get(file.key, b"")) or b""
        reason = _reason(by_key.get(file.key), start, table)
        if reason is not None and file.length > 0:
            reasons[file.key] = reason
    return reasons


def _is_suspect(summary: FileSummary | None, table: BronzeTable) -> bool:
    return summary is None or summary.rows_rescued_whole > table.max_rescued * summary.rows


def _reason(summary: FileSummary | None, start: bytes, table: BronzeTable) -> str | None:
    if table.source.format != "csv":
        return "it gave no row" if summary is None else _share(summary, table)
    form = Dialect(table.source.options)
    asis = _reading(start, form.delimiter, form.encoding, form, table)
    hint = _hint(start, asis, form, table)
    if form.has_header and asis.columns == 0:
        if summary is None and not _has_text(start):
            return None
        return f"no declared column occurs in its header line, or it has none{hint}"
    if summary is None:
        return None if _is_without_rows(start, form) else f"it gave no row{hint}"
    return f"{_share(summary, table)}{hint}"


def _share(summary: FileSummary, table: BronzeTable) -> str:
    reason = f"{summary.rows_rescued_whole:,} of {summary.rows:,} rows were not understood"
    return f"{reason} (max_rescued: {table.max_rescued:g})"


def _hint(start: bytes, asis: _Reading, form: Dialect, table: BronzeTable) -> str:
    """What to declare instead, where the first line then names more columns."""
    readings = [
        _reading(start, delimiter, encoding, form, table)
        for encoding in _encodings(start, form)
        for delimiter in dict.fromkeys([form.delimiter, *_DELIMITERS])
    ]
    best = max(readings, key=lambda reading: reading.columns, default=asis)
    changes: list[str] = []
    if best.columns > asis.columns:
        if best.delimiter != form.delimiter:
            changes.append(f"delimiter: {_DELIMITERS[best.delimiter]}")
        if best.encoding.upper() != form.encoding.upper():
            changes.append(f"encoding: {best.encoding}")
        named = f"{best.columns} of {len(table.columns)} columns"
        return f"; with {' and '.join(changes)} it would have {named}" if changes else ""
    return "; its text is not UTF-8: try encoding: ISO-8859-1" if _is_latin(start, form) else ""


def _encodings(start: bytes, form: Dialect) -> Iterator[str]:
    """The declared encoding, then those of which the first bytes show a sign."""
    yield form.encoding
    yield from {name for mark, name in _BOMS.items() if start.startswith(mark)}
    if not start.startswith(tuple(_BOMS)) and start.count(0) > len(start) // 4:
        yield "UTF-16LE" if start[1:2] == b"\0" else "UTF-16BE"
    if 0 not in start:
        yield "UTF-8"


def _reading(
    start: bytes, delimiter: str, encoding: str, form: Dialect, table: BronzeTable
) -> _Reading:
    text = start.decode(encoding, errors="replace").removeprefix("\ufeff")
    tried = Dialect({**form.options, "delimiter": delimiter})
    cells = [cell.strip() for cell in first_record(text, tried, complete=True) or []]
    if form.has_header:
        count = len(fields_by_column(dict.fromkeys(cells), table.columns))
    else:
        count = len(cells) if len(cells) == len(table.columns) else 0
    return _Reading(count, delimiter, encoding)


def _is_latin(start: bytes, form: Dialect) -> bool:
    """Whether bytes were declared as UTF-8 and are not, but could be a text of one-byte letters."""
    if form.encoding.upper() != "UTF-8" or 0 in start:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return True
    return False


def _is_without_rows(start: bytes, form: Dialect) -> bool:
    """Whether there is nothing to read: no line, or the header line alone."""
    text = start.decode(form.encoding, errors="replace").removeprefix("\ufeff")
    comment = form.options.get("comment") or "\0"
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    lines = [line for line in lines if not line.startswith(comment)]
    has_open_quote = form.is_multi_line and bool(form.quote) and form.quote in text
    return len(lines) <= int(form.has_header) or (form.has_header and has_open_quote)


def _has_text(start: bytes) -> bool:
    return bool(start.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"))
