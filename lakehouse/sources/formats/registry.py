"""The file formats by name."""

from __future__ import annotations

from typing import Any

from lakehouse.config.plugins import Registry
from lakehouse.sources.formats.csv import Csv
from lakehouse.sources.formats.fixed_width import FixedWidth
from lakehouse.sources.formats.format import Format
from lakehouse.sources.formats.json import JsonFormat
from lakehouse.sources.formats.text import Text
from lakehouse.sources.formats.typed import Avro, Orc, Parquet


def _check(name: str, loaded: Any) -> str | None:
    if not isinstance(loaded, Format):
        return "it is not an instance of lakehouse.sources.formats.format.Format"
    return None if loaded.name == name else f"its name is '{loaded.name}'"


FORMATS: Registry[Format] = Registry(
    "lakehouse.formats",
    {
        form.name: form
        for form in (Csv(), JsonFormat(), Parquet(), Orc(), Avro(), FixedWidth(), Text())
    },
    check=_check,
)


def format_of(name: str) -> Format:
    """The format of this name; KeyError for an unknown one, which declarations never have."""
    form = FORMATS.get(name)
    if form is None:
        raise KeyError(name)
    return form
