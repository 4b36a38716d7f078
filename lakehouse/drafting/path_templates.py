"""The name pattern of a file: its day becomes ``{date}``, other digits become ``*``."""

from __future__ import annotations

import datetime
import re
from typing import NamedTuple

from lakehouse.sources.compression import SUFFIXES

_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d+", re.I)
_MANY = re.compile(r"\*(?:[-_.T]?\*)+")
_ENDING = re.compile(r"((?:\.[A-Za-z][A-Za-z0-9]*){0,2})$")
_OF_FORMATS = frozenset(["csv", "json", "jsonl", "ndjson", "parquet", "orc", "avro"])
"""Endings that a declared path matches in either case, and with ``.gz`` or the like appended."""
_PARTITION = re.compile(r"(\w+)=[^/]*")


class Template(NamedTuple):
    """``dated`` has ``{date}`` for the day, ``general`` also ``*`` for other digits.

    ``day`` is the business day in the path, None without one.
    """

    dated: str
    general: str
    day: datetime.date | None


def template_of(key: str) -> Template:
    """The template of a path below the landing folder.

    Only ``YYYY-MM-DD`` is a day, since nothing else is one in a declared path; a further day is
    ``*``.

        orders/2026-01-31.csv                  orders/{date}.csv
        2026-01-31/orders_2026-01-31.csv.gz    {date}/orders_*.csv
        events/part-00003.json                 events/part-*.json
    """
    stem, ending = _split(key)
    match = next((found for found in _DAY.finditer(stem) if _is_day(found.group())), None)
    if match is None:
        return Template(stem + ending, _general(stem) + ending, None)
    before, after = stem[: match.start()], _DAY.sub("*", stem[match.end() :])
    return Template(
        f"{before}{{date}}{after}{ending}",
        f"{_general(before)}{{date}}{_general(after)}{ending}",
        datetime.date.fromisoformat(match.group()),
    )


def _split(key: str) -> tuple[str, str]:
    """The path and its ending; an ending of a format without ``.gz`` and in lower case."""
    match = _ENDING.search(key.rpartition("/")[2])
    ending = match.group(1) if match else ""
    plain = without_suffix(ending)
    last = plain.rpartition(".")[2]
    if last.lower() not in _OF_FORMATS:
        return key.removesuffix(ending), ending
    # Of several endings only the last one is the format: a.snappy.parquet
    return key.removesuffix(ending) + plain.removesuffix(f".{last}"), f".{last.lower()}"


def without_suffix(name: str) -> str:
    """The name without the suffix of a compression."""
    return re.sub(rf"\.({'|'.join(SUFFIXES)})$", "", name, flags=re.IGNORECASE)


def _general(text: str) -> str:
    parts = [_PARTITION.sub(r"\1=*", part) for part in text.split("/")]
    return _MANY.sub("*", _ID.sub("*", "/".join(parts)))


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
