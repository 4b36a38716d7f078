"""Delimited text, as the options of a CSV source read it."""

from __future__ import annotations

from lakehouse.drafting.csv_dialects import DELIMITERS, Dialect, find_dialect
from lakehouse.drafting.csv_headers import has_header
from lakehouse.drafting.encodings import Text
from lakehouse.drafting.reading import MAX_ROWS, NotUnderstood, Option, Reading

_EVEN = 0.8  # the share of records with the same number of fields, at least
_TYPICAL = 400 * 1024  # characters in which the dialect is looked for


def read_csv(text: Text, *, named_csv: bool) -> Reading | NotUnderstood:
    """The columns and rows of delimited text.

    ``named_csv``: the ending of the file says that it is CSV, so that a single column will do.
    """
    sample = text.text
    if not sample.strip():
        return NotUnderstood("empty")
    form = find_dialect(_cut(sample))
    if form.width == 1 and not named_csv:
        return NotUnderstood("text without a delimiter that splits its lines evenly")
    if form.width == 1:
        form = Dialect(",", '"', width=1, share=1 - _share_split(sample))
    if form.share < _EVEN:
        return NotUnderstood("lines with different numbers of fields")
    body = _without_preamble(sample, form)
    records = [record for record in form.records(body, MAX_ROWS + 1) if len(record) == form.width]
    if not records:
        return NotUnderstood("no records")
    named = has_header(records)
    options = _options(form, text, sample, records)
    if not named:
        options["header"] = False
        fields = tuple(f"column_{number}" for number in range(1, form.width + 1))
    else:
        fields = _fields(records[0])
    rows = records[1:] if named else records
    return Reading(
        "csv",
        options,
        fields,
        tuple(tuple(cell if cell != "" else None for cell in record) for record in rows),
        notes=() if named else (_NO_HEADER,),
        is_ascii=text.encoding != "UTF-16" and sample.isascii(),
    )


_NO_HEADER = (
    "no line was recognized as a header, so the columns are numbered; if the first line holds "
    "names, take out header: false and name the columns as it does"
)


def _share_split(sample: str) -> float:
    """The share of lines that some delimiter would split."""
    lines = [line for line in sample.splitlines() if line.strip()]
    return sum(any(sign in line for sign in DELIMITERS) for line in lines) / len(lines)


def _cut(sample: str) -> str:
    end = sample.rfind("\n", 0, _TYPICAL)
    return sample if len(sample) <= _TYPICAL or end < 0 else sample[: end + 1]


def _without_preamble(sample: str, form: Dialect) -> str:
    return "".join(sample.splitlines(keepends=True)[form.preamble :]) if form.preamble else sample


def _options(form: Dialect, text: Text, sample: str, records: list[list[str]]) -> dict[str, Option]:
    """The options that differ from their defaults, in the order of the documentation."""
    options: dict[str, Option] = {}
    if form.delimiter != ",":
        options["delimiter"] = "\\t" if form.delimiter == "\t" else form.delimiter
    if form.quote != '"':
        options["quote"] = form.quote
    if form.escape:
        options["escape"] = form.escape
    lines = sample.splitlines()[: form.preamble]
    if lines and all(line.startswith("#") or not line.strip() for line in lines):
        options["comment"] = "#"
    elif lines:
        options["skipLines"] = form.preamble
    if any("\n" in cell or "\r" in cell for record in records for cell in record):
        options["multiLine"] = True
    if text.encoding:
        options["encoding"] = text.encoding
    if form.skip_blanks:
        options["ignoreLeadingWhiteSpace"] = True
    return options


def _fields(header: list[str]) -> tuple[str, ...]:
    """The header's cells, named as the library names them where they are empty or repeated."""
    cells = [cell.strip() or f"_c{number}" for number, cell in enumerate(header)]
    return tuple(
        cell if cells.count(cell) == 1 else f"{cell}{number}" for number, cell in enumerate(cells)
    )
