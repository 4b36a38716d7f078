"""The dialect of delimited text: the delimiter, quotes and preamble that give even records."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace

DELIMITERS = (",", ";", "\t", "|")
_PREAMBLE = 20  # lines before the header, at most
_RECORDS = 500  # records that are compared
_ESCAPED = re.compile(r'[^\\,;\t|\r\n]\\"(?![,;\t|\r\n]|\Z)')
_BLANK_BEFORE_QUOTE = re.compile(r'[ ]+"')


@dataclass(frozen=True)
class Dialect:
    """How text is split. ``width`` is the number of fields of most records, ``share`` their share;
    ``preamble`` counts the lines before the first of them."""

    delimiter: str
    quote: str
    escape: str | None = None
    skip_blanks: bool = False
    width: int = 1
    share: float = 0.0
    preamble: int = 0

    def records(self, text: str, limit: int | None = None) -> list[list[str]]:
        """The records of the text that are not blank; up to the first that cannot be split."""
        return [record for _, record in self.numbered(text, limit)]

    def numbered(self, text: str, limit: int | None = None) -> list[tuple[int, list[str]]]:
        """Each record with the number of its last line."""
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote or "\0",
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            skipinitialspace=self.skip_blanks,
        )
        records: list[tuple[int, list[str]]] = []
        try:
            for record in reader:
                if "".join(record).strip():
                    records.append((reader.line_num, record))
                if limit is not None and len(records) >= limit:
                    break
        except csv.Error:
            pass
        return records


def find_dialect(text: str) -> Dialect:
    """The dialect with the evenest records; ``width`` 1 where no delimiter splits them."""
    found = [_measured(form, text) for form in _candidates(text)]
    return _with_blanks(max(found, key=_merit), text)


def _with_blanks(form: Dialect, text: str) -> Dialect:
    """The dialect, skipping blanks where most records have them before a quote."""
    records = form.records(text, _RECORDS) if form.quote else []
    spaced = sum(any(map(_BLANK_BEFORE_QUOTE.match, record)) for record in records)
    if spaced == 0 or spaced * 2 < len(records):
        return form
    return _measured(replace(form, skip_blanks=True), text)


def _candidates(text: str) -> list[Dialect]:
    escape = "\\" if _ESCAPED.search(text) else None
    quotes = ['"', *(["'"] if "'" in text else []), *([""] if '"' in text else [])]
    return [
        Dialect(delimiter, quote, escape if quote else None)
        for quote in quotes
        for delimiter in DELIMITERS
    ]


def _measured(form: Dialect, text: str) -> Dialect:
    records = form.numbered(text, _RECORDS)
    if not records:
        return form
    widths = Counter(len(record) for _, record in records)
    width = max(widths, key=lambda wide: (widths[wide], wide))
    first = next(i for i, (_, record) in enumerate(records) if len(record) == width)
    lines_before = records[first][0] - 1 if first else 0
    rest = records[first:]
    share = sum(len(record) == width for _, record in rest) / len(rest)
    return replace(form, width=width, share=share, preamble=lines_before)


def _merit(form: Dialect) -> tuple[bool, bool, float, bool, int]:
    """Records of several fields, no lines before the header, even records, usual quotes, width."""
    few = form.preamble <= _PREAMBLE
    return (form.width > 1 and few, form.preamble == 0, round(form.share, 2),
            form.quote == '"', form.width)  # fmt: skip
