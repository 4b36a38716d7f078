"""Patterns of dates and times that are not ISO 8601: ``dateFormat`` and ``timestampFormat``."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FORM = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:( |T)(\d{1,2}):(\d{2})(:\d{2})?(\.\d{1,9})?( ?)([AaPp][Mm])?)?",
    re.ASCII,
)
_ORDERS = ("dmy", "mdy", "ymd")


@dataclass(frozen=True)
class DayFormat:
    """The one pattern that fits a column, and whether it has a time of day."""

    pattern: str
    has_time: bool


def day_format(texts: Sequence[str]) -> DayFormat | None:
    """The pattern of a column whose values are all days or times in one form.

    None where they are not, or where both ``dd.MM`` and ``MM.dd`` would fit all of them.
    """
    matches = [_FORM.fullmatch(text.strip()) for text in texts]
    if not texts or not all(matches):
        return None
    found = [match for match in matches if match]
    patterns = {p for p in (_pattern(order, found) for order in _ORDERS) if p is not None}
    return patterns.pop() if len(patterns) == 1 else None


def is_ambiguous(texts: Sequence[str]) -> bool:
    """Whether the values are days, but day and month cannot be told apart."""
    found = [match for match in (_FORM.fullmatch(text.strip()) for text in texts) if match]
    if not texts or len(found) < len(texts):
        return False
    return sum(_pattern(order, found) is not None for order in _ORDERS) > 1


def _pattern(order: str, found: Sequence[re.Match[str]]) -> DayFormat | None:
    """The pattern in which all matches are days of the calendar, with the parts in this order."""
    dates = [dict(zip(order, (m.group(1), m.group(3), m.group(4)), strict=True)) for m in found]
    separators = {match.group(2) for match in found}
    if len(separators) > 1 or not all(map(_is_day, dates)):
        return None
    is_padded = all(len(parts["m"]) == len(parts["d"]) == 2 for parts in dates)
    letters = {"y": "yyyy", "m": "MM" if is_padded else "M", "d": "dd" if is_padded else "d"}
    day = separators.pop().join(letters[part] for part in order)
    time = _time_pattern(found)
    return None if time is None else DayFormat(day + time, time != "")


def _is_day(parts: Mapping[str, str]) -> bool:
    if len(parts["y"]) != 4:
        return False
    try:
        datetime.date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        return False
    return True


def _time_pattern(found: Sequence[re.Match[str]]) -> str | None:
    """The pattern of the time of day, "" without one; None where the forms differ."""
    forms = {
        (m.group(5), len(m.group(8) or ""), len(m.group(9) or ""), m.group(10),
         bool(m.group(11)))
        for m in found
    }  # fmt: skip
    if len(forms) > 1:
        return None
    between, seconds, fraction, blank, has_half = forms.pop()
    if not between:
        return ""
    hours = [match.group(6) for match in found]
    if not all(_is_time(match) for match in found):
        return None
    letter = "h" if has_half else "H"
    clock = letter * (2 if all(len(hour) == 2 for hour in hours) else 1) + ":mm"
    clock += ":ss" if seconds else ""
    clock += f".{'S' * (fraction - 1)}" if fraction else ""
    half = f"{blank}a" if has_half else ""
    return f"{' ' if between == ' ' else chr(39) + 'T' + chr(39)}{clock}{half}"


def _is_time(match: re.Match[str]) -> bool:
    hour, minute = int(match.group(6)), int(match.group(7))
    second = int((match.group(8) or ":0")[1:])
    in_half = 1 <= hour <= 12 if match.group(11) else hour < 24
    return in_half and minute < 60 and second < 60


def year_of(text: str) -> int:
    """The year of a day in any order; 9999 where there is none."""
    years = [part for part in text.replace("/", "-").replace(".", "-").split("-") if len(part) == 4]
    return int(years[0]) if years and years[0].isdigit() else 9999
