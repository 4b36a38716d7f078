"""Find out what a file is, by its content first and by its name second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lakehouse.drafting.columnar_files import read_orc, read_parquet
from lakehouse.drafting.csv_files import read_csv
from lakehouse.drafting.encodings import decode
from lakehouse.drafting.file_samples import FoundFile, read_beginning
from lakehouse.drafting.json_files import looks_like_json, read_json
from lakehouse.drafting.reading import NotUnderstood, Reading, supported

_COLUMNAR: Mapping[bytes, Callable[[Path], Reading | NotUnderstood]] = {
    b"PAR1": read_parquet,
    b"ORC": read_orc,
}
"""The readers of typed formats, by the bytes with which their files begin."""
_JSON = frozenset(["json", "jsonl", "ndjson"])
_DELIMITED = frozenset(["csv", "tsv", "tab"])


def inspect(file: FoundFile) -> Reading | NotUnderstood:
    """The columns and rows of a file, as a source of this version could read them."""
    if ":" in file.path.name:
        return NotUnderstood("a colon in the name, which Spark cannot read")
    if "*" in file.key or "{" in file.key:
        return NotUnderstood("a brace or an asterisk in the name, which a path cannot hold")
    reading = _read(file)
    return reading if isinstance(reading, NotUnderstood) else supported(reading)


def _read(file: FoundFile) -> Reading | NotUnderstood:
    start = read_beginning(file)
    if start is None:
        return NotUnderstood("cannot be opened, or damaged")
    if not start.content:
        return NotUnderstood("empty")
    for mark, read in _COLUMNAR.items():
        if start.content.startswith(mark):
            return read(file.path)
    text = decode(start)
    if text is None:
        return NotUnderstood("binary content")
    if file.ending in _JSON or (looks_like_json(text) and file.ending not in _DELIMITED):
        return read_json(text)
    return read_csv(text, named_csv=file.ending in _DELIMITED)
