"""Days, weeks, months, quarters and years on a time axis, from whatever type a key has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise

from lakehouse.reporting.numbers import Cell, missing


class Grain(Enum):
    """How long one period of a time key is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_WORDS = {
    "quarter": Grain.QUARTER,
    "week": Grain.WEEK,
    "month": Grain.MONTH,
    "year": Grain.YEAR,
}
_QUARTER = re.compile(r"(\d{4})[- ]?Q([1-4])")
_WEEK = re.compile(r"(\d{4})[- ]?W(\d{1,2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def as_day(value: Cell) -> date | None:
    """The first day of a period written as date, timestamp, ``2026-Q1``, ``2026-W05``, ``2026-03``
    or year; None for NULL and for anything else.
    """
    if missing(value):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return _written(str(value))


def _written(text: str) -> date | None:
    try:
        if match := _QUARTER.fullmatch(text):
            return date(int(match[1]), 3 * int(match[2]) - 2, 1)
        if match := _WEEK.fullmatch(text):
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
        if match := _MONTH.fullmatch(text):
            return date(int(match[1]), int(match[2]), 1)
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if re.fullmatch(r"(19|20)\d{2}", text):
            return date(int(text), 1, 1)
    except ValueError:
        return None
    return None


def grain_of(name: str, days: Sequence[date]) -> Grain:
    """The grain that the key's name says, else the one that the gaps between ``days`` show."""
    for word, grain in _WORDS.items():
        if word in name.lower():
            return grain
    ordered = sorted(set(days))
    gaps = [(after - before).days for before, after in pairwise(ordered)]
    if not gaps or min(gaps) < 7:
        return Grain.DAY
    if all(gap % 7 == 0 for gap in gaps):
        return Grain.WEEK
    if any(day.day != 1 for day in ordered) or min(gaps) < 28:
        return Grain.DAY
    if min(gaps) >= 365:
        return Grain.YEAR
    return Grain.QUARTER if min(gaps) >= 89 else Grain.MONTH


def last_day(day: date, grain: Grain) -> date:
    """The last day of the period that starts on ``day``."""
    if grain is Grain.DAY:
        return day
    if grain is Grain.WEEK:
        return day + timedelta(days=6)
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def label(day: date, grain: Grain) -> str:
    """``25 Jun``, ``week of 22 Jun``, ``Jun 2026``, ``Q2 2026`` or ``2026``."""
    if grain is Grain.QUARTER:
        return f"Q{(day.month + 2) // 3} {day.year}"
    if grain is Grain.MONTH:
        return f"{day:%b %Y}"
    if grain is Grain.YEAR:
        return str(day.year)
    prefix = "week of " if grain is Grain.WEEK else ""
    return f"{prefix}{day.day} {day:%b}"


def tick_days(days: Sequence[date], grain: Grain, most: int) -> list[date]:
    """At most ``most`` of ``days`` at even steps, ending with the newest."""
    ordered = sorted(set(days))
    if len(ordered) <= most or most < 2:
        return ordered
    step = -(-len(ordered) // most)
    if grain is Grain.DAY and step > 3:
        step = -(-step // 7) * 7
    return ordered[::-1][::step][::-1]


def tick_label(day: date, grain: Grain, spans_years: bool) -> str:
    """The axis' short form of ``label``; the year only where it is needed."""
    if grain in (Grain.DAY, Grain.WEEK):
        return f"{day:%b %Y}" if spans_years else f"{day.day} {day:%b}"
    if grain is Grain.MONTH and not spans_years:
        return f"{day:%b}"
    return label(day, grain)
