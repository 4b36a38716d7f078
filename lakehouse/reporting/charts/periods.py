"""Hours, days, weeks, months, quarters and years on a time axis, from whatever type a key has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from itertools import pairwise

from lakehouse.reporting.numbers import Cell, is_missing


class Grain(Enum):
    """How long one period of a time key is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


LONGEST = {
    Grain.HOUR: timedelta(hours=1),
    Grain.DAY: timedelta(days=1),
    Grain.WEEK: timedelta(days=7),
    Grain.MONTH: timedelta(days=31),
    Grain.QUARTER: timedelta(days=92),
    Grain.YEAR: timedelta(days=366),
}
"""From one period to the next, at most."""
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
_HOUR = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2})(:\d{2})?(:\d{2})?")


def as_moment(value: Cell) -> datetime | None:
    """The beginning of a period written as date, timestamp, ``2026-Q1``, ``2026-W05``,
    ``2026-03``, ``2026-03-01 13`` or year; None for NULL and for anything else.
    """
    if is_missing(value):
        return None
    if isinstance(value, datetime):
        return datetime.combine(value.date(), value.time())
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return _written(str(value))


def _written(text: str) -> datetime | None:
    try:
        if match := _QUARTER.fullmatch(text):
            return _first(int(match[1]), 3 * int(match[2]) - 2)
        if match := _WEEK.fullmatch(text):
            return datetime.fromisocalendar(int(match[1]), int(match[2]), 1)
        if match := _MONTH.fullmatch(text):
            return _first(int(match[1]), int(match[2]))
        if match := _HOUR.fullmatch(text):
            return datetime.fromisoformat(text if match[3] else f"{text}:00")
        if _DAY.fullmatch(text):
            return datetime.fromisoformat(text)
        if re.fullmatch(r"(19|20)\d{2}", text):
            return _first(int(text), 1)
    except ValueError:
        return None
    return None


def _first(year: int, month: int) -> datetime:
    return datetime(year, month, 1)  # noqa: DTZ001


def grain_of(name: str, moments: Sequence[datetime]) -> Grain:
    """The grain that times of day or the key's name say, else the one of the gaps between them."""
    if any(moment.time() != datetime.min.time() for moment in moments):
        return Grain.HOUR
    for word, grain in _WORDS.items():
        if word in name.lower():
            return grain
    ordered = sorted(set(moments))
    gaps = [(after - before).days for before, after in pairwise(ordered)]
    if not gaps or min(gaps) < 7:
        return Grain.DAY
    if all(gap % 7 == 0 for gap in gaps):
        return Grain.WEEK
    if any(moment.day != 1 for moment in ordered) or min(gaps) < 28:
        return Grain.DAY
    if min(gaps) >= 365:
        return Grain.YEAR
    return Grain.QUARTER if min(gaps) >= 89 else Grain.MONTH


def label(moment: datetime, grain: Grain, *, year: bool = False, by_last: bool = False) -> str:
    """``25 Jun``, ``25 Jun 13:00``, ``week of 22 Jun``, ``Jun 2026``, ``Q2 2026`` or ``2026``.

    ``year`` adds it to days, for dates of more than one year; ``by_last`` says that a week is
    named by its last day.
    """
    if grain is Grain.QUARTER:
        return f"Q{(moment.month + 2) // 3} {moment.year}"
    if grain is Grain.MONTH:
        return f"{moment:%b %Y}"
    if grain is Grain.YEAR:
        return str(moment.year)
    day = f"{moment.day} {moment:%b}" + (f" {moment.year}" if year else "")
    if grain is Grain.HOUR:
        return f"{day} {moment:%H:%M}"
    if grain is Grain.WEEK:
        return f"week {'to' if by_last else 'of'} {day}"
    return day


def tick_moments(moments: Sequence[datetime], grain: Grain, most: int) -> list[datetime]:
    """At most ``most`` of ``moments`` at even steps, the newest last; hours at round ones."""
    ordered = sorted(set(moments))
    if grain is Grain.HOUR:
        ordered = _round_hours(ordered, most)
        grain = Grain.DAY
    if len(ordered) <= most or most < 2:
        return ordered
    step = -(-len(ordered) // most)
    if grain is Grain.DAY and step > 3:
        step = -(-step // 7) * 7
    return ordered[::-1][::step][::-1]


def _round_hours(moments: list[datetime], most: int) -> list[datetime]:
    """Every hour, or those of each second, third, sixth or twelfth, or midnights alone."""
    for step in (1, 2, 3, 6, 12):
        ticks = [m for m in moments if m.hour % step == 0 and m.minute == m.second == 0]
        if 0 < len(ticks) <= most:
            return ticks
    return [m for m in moments if m.time() == datetime.min.time()] or moments


def tick_label(moment: datetime, grain: Grain, span: timedelta, *, years: bool) -> str:
    """The axis' short form of ``label`` where the axis covers ``span``.

    ``years`` says that it covers days of more than one year.
    """
    if grain is Grain.HOUR and moment.time() != datetime.min.time():
        return f"{moment:%H:%M}"
    if grain in (Grain.HOUR, Grain.DAY, Grain.WEEK):
        if years and span > timedelta(days=300):
            return f"{moment:%b %Y}"
        return f"{moment.day} {moment:%b}" + (f" {moment.year}" if years else "")
    if grain is Grain.MONTH and not years:
        return f"{moment:%b}"
    return label(moment, grain)
