"""Numbers and days as people read them, and the round steps of an axis."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import pandas as pd

Number = int | float | Decimal
Cell: TypeAlias = Any
"""A value of a frame, of whatever type its column has."""

_THIN = "\N{NO-BREAK SPACE}"
_UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


def is_missing(value: Cell) -> bool:
    """True for None, NaN and pandas' NaT."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers: its first 200 present values, for decimals."""
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    present = [value for value in column.head(200) if not is_missing(value)]
    return bool(present) and all(isinstance(value, Decimal) for value in present)


def exact(value: Cell) -> str:
    """A value in full: thousands separated, decimals as they are stored, floats to 4 digits."""
    if is_missing(value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, int) or type(value).__name__.startswith(("int", "uint")):
        return f"{int(value):,}"
    if isinstance(value, float):
        return _float(float(value))
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def compact(value: Number) -> str:
    """A number short enough for an axis: 950, 12k, 1.2M, 0.25."""
    number = float(value)
    for size, unit in _UNITS:
        if abs(number) >= size * 0.99995:
            return f"{_trim(number / size)}{unit}"
    return _trim(number)


def _trim(number: float) -> str:
    digits = max(0, 2 - math.floor(math.log10(abs(number)))) if number else 0
    text = f"{number:.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(part: Number, whole: Number) -> str:
    """``part`` of ``whole`` in percent; what is not quite nothing or all is never said to be."""
    if not whole:
        return "–"
    percent = 100 * float(part) / float(whole)
    if 0 < percent < 0.1:
        return f"< 0.1{_THIN}%"
    if 99.9 < percent < 100:
        return f"> 99.9{_THIN}%"
    text = f"{percent:.1f}".removesuffix(".0")
    return f"{text}{_THIN}%"


def change(now: Number, before: Number) -> str:
    """``4 % more``, ``12 % less`` or ``the same``; empty without a base."""
    if not before or float(before) < 0:
        return ""
    percent = 100 * (float(now) - float(before)) / float(before)
    if abs(percent) < 0.5:
        return "about the same as"
    if percent > 1000:
        return f"{compact(float(now) / float(before))} times"
    return f"{abs(percent):.0f}{_THIN}% {'more' if percent > 0 else 'less'} than"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 table``, ``2 tables``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def long_day(day: date | None) -> str:
    """``25 June 2026``."""
    return f"{day.day} {day:%B %Y}" if day else "–"


def short_day(day: date | None, beside: date | None = None) -> str:
    """``25 Jun``; ``25 Jun 2025`` where ``beside`` is a day of another year."""
    if day is None:
        return "–"
    year = f" {day.year}" if beside is not None and beside.year != day.year else ""
    return f"{day.day} {day:%b}{year}"


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round values (steps of 1, 2, 2.5 or 5) from at or below ``low`` to at or above ``high``."""
    if not math.isfinite(low) or not math.isfinite(high):
        return [0.0, 1.0]
    if high <= low:
        high = low + (abs(low) or 1.0)
    step = _nice_step((high - low) / max(1, about))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def _nice_step(raw: float) -> float:
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if raw <= factor * power * 1.0000001:
            return factor * power
    return 10.0 * power
