"""The narrowest type that loses none of a column's values, by the rules of the library's casts."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Sequence

from lakehouse.drafting.values import Number, Value, text_of
from lakehouse.sources import text_forms

_DATE = re.compile(text_forms.DATE, re.ASCII)
_TIMESTAMP = re.compile(text_forms.TIMESTAMP, re.ASCII)
_WHOLE = re.compile(text_forms.WHOLE, re.ASCII)
_INTEGER = re.compile(r"[+-]?(0|[1-9]\d*)", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(0|[1-9]\d*)?\.\d+", re.ASCII)
_EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}", re.ASCII)
_MAX_DIGITS = 18
_FEW = 0.05  # the share of values that do not fit, at most, for them to be worth a word
_MORE_DIGITS, _MORE_PLACES = 4, 2  # room for what the sample does not show


def column_type(values: Sequence[Value]) -> str:
    """The type of a column of a CSV or JSON source without nested values; string for no value.

    Text in JSON stays text, unless it is a date or a time: its producer has other numbers.
    """
    given = [value for value in values if value is not None]
    texts = [text for text in map(text_of, given) if text is not None]
    if all(isinstance(value, bool) for value in given):
        return "boolean" if given else "string"
    if any(isinstance(value, bool) for value in given):
        return "string"
    return scalar_type(texts)


def json_type(values: Sequence[Value]) -> str:
    """The type of a field of JSON: as ``column_type``, but numbers in quotes stay strings."""
    given = [value for value in values if value is not None]
    numbers = sum(isinstance(value, Number) for value in given)
    if 0 < numbers < len(given):
        return "string"
    kind = column_type(given)
    is_text = numbers == 0 and not any(isinstance(value, bool) for value in given)
    return kind if not is_text or kind in ("date", "timestamp") else "string"


def scalar_type(texts: Sequence[str]) -> str:
    """The type that all texts fit without loss; string where there is none, or no text.

    A number with a leading zero, or with more than 18 digits, is not a number to calculate with:
    it stays a string. So does one with a decimal comma, which Spark does not read.
    """
    if not texts:
        return "string"
    if all(text.strip().lower() in ("true", "false") for text in texts):
        return "boolean"
    if all(map(is_date, texts)):
        return "date"
    if all(map(is_timestamp, texts)):
        return "timestamp"
    return _number_type([text.strip() for text in texts]) or "string"


def _number_type(texts: Sequence[str]) -> str | None:
    if all(map(_INTEGER.fullmatch, texts)):
        digits = max(len(text.lstrip("+-")) for text in texts)
        return "bigint" if digits <= _MAX_DIGITS else None
    if all(_INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text) for text in texts):
        return _decimal_type(texts)
    if all(_is_number(text) for text in texts):
        return "double"
    return None


def _is_number(text: str) -> bool:
    if _EXPONENT.fullmatch(text):
        return math.isfinite(float(text))
    return any(form.fullmatch(text) for form in (_INTEGER, _DECIMAL))


def _decimal_type(texts: Sequence[str]) -> str | None:
    """A decimal with the digits that were seen and some more."""
    parts = [text.lstrip("+-").partition(".") for text in texts]
    whole = max(len(before) for before, _, _ in parts)
    places = max(len(after) for _, _, after in parts)
    if whole + places > _MAX_DIGITS:
        return None
    scale = places + _MORE_PLACES
    return f"decimal({max(whole, 1) + _MORE_DIGITS + scale},{scale})"


def whole_number_type(texts: Sequence[str]) -> str | None:
    """``decimal(p,0)`` for whole numbers that passed through a float column (``17850.0``), so that
    their text, and a token of it, is that of the number; None for other text."""
    matches = [_WHOLE.match(text) for text in texts]
    if not texts or not all(matches) or not all("." in text for text in texts):
        return None
    digits = max(len(match.group(1).lstrip("+-")) for match in matches if match)
    return f"decimal({digits + _MORE_DIGITS},0)" if digits <= _MAX_DIGITS else None


def misfits(texts: Sequence[str]) -> str | None:
    """What is said of a column of which nearly all values have a narrower type; None elsewhere."""
    for what, fits in (("time", is_timestamp), ("number", _is_number)):
        count = sum(not fits(text.strip()) for text in texts)
        if 0 < count <= _FEW * len(texts):
            return (
                f"not a {what} in {count:,} of {len(texts):,} sampled values; with that type, "
                "silver would quarantine such rows"
            )
    return None


def is_date(text: str) -> bool:
    """Whether the library casts the text to a date, by default."""
    return _DATE.match(text) is not None and _exists(text.strip()[:10])


def is_timestamp(text: str) -> bool:
    """Whether the library casts the text to a timestamp, by default."""
    if _TIMESTAMP.match(text) is None or not _exists(text.strip()[:10]):
        return False
    clock = re.search(r"[T ](\d{1,2}):(\d{2})(?::(\d{2}))?", text.strip()[10:])
    hours, minutes, seconds = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
    return hours < 24 and minutes < 60 and seconds < 60


def _exists(day: str) -> bool:
    return parses(datetime.date.fromisoformat, day)


def parses(parse: Callable[[str], object], text: str) -> bool:
    """Whether ``parse`` accepts the text."""
    try:
        parse(text)
    except ValueError:
        return False
    return True
