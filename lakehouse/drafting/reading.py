"""What a file turned out to be: its format, the options that read it, and sampled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lakehouse.drafting.values import Value
from lakehouse.sources.formats.registry import FORMATS, format_of

Option = str | bool | int
MAX_ROWS = 5000
"""How many rows of a file are looked at."""


@dataclass(frozen=True)
class Reading:
    """One file, understood.

    ``rows`` have a value for each of ``fields``. ``types`` are known for typed formats only.
    ``matches_exactly``: a declared column needs the very name of its field. ``notes`` say what a
    reader of the draft should know; they hold no value. ``is_ascii``: its text is plain ASCII.
    """

    form: str
    options: Mapping[str, Option]
    fields: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    types: Mapping[str, str] = field(default_factory=dict)
    matches_exactly: bool = False
    notes: tuple[str, ...] = ()
    is_ascii: bool = True


@dataclass(frozen=True)
class NotUnderstood:
    """Why a file is not drafted, in words and without its content."""

    reason: str


def supported(reading: Reading) -> Reading | NotUnderstood:
    """The reading, unless this version of the library lacks its format or one of its options."""
    if reading.form not in FORMATS:
        return NotUnderstood(f"files in {reading.form} cannot be read by this version")
    missing = [name for name in reading.options if name not in format_of(reading.form).options]
    if missing:
        return NotUnderstood(
            f"would need the option {', '.join(missing)}, which this version does not have"
        )
    if {"skipLines", "multiLine"} <= reading.options.keys():
        return NotUnderstood("lines before the header, and line breaks inside fields")
    return reading


def agree(readings: Sequence[Reading]) -> bool:
    """Whether one declaration can read all: one format and options, and half the fields common."""
    first = readings[0]
    every = [set(reading.fields) for reading in readings]
    together, common = set().union(*every), set.intersection(*every)
    # What has plain letters only is the same text in UTF-8 and in ISO-8859-1.
    encodings = {part.options.get("encoding") for part in readings if not part.is_ascii}
    one_form = len({_form(part) for part in readings}) == 1 and len(encodings) <= 1
    positional = first.options.get("header") is False
    alike = together == common if positional else len(common) * 2 >= len(together)
    return one_form and alike and _types_agree(readings)


def _types_agree(readings: Sequence[Reading]) -> bool:
    types: dict[str, str] = {}
    return all(
        types.setdefault(name, kind) == kind
        for part in readings
        for name, kind in part.types.items()
    )


def _form(reading: Reading) -> tuple[Option | None, ...]:
    """What must not differ; a file without line breaks in fields can be read with ``multiLine``."""
    named = ("delimiter", "header", "quote", "skipLines")
    return (reading.form, *(reading.options.get(name) for name in named))
