"""The forms of expectation kwargs, checked before any row is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import inf

from lakehouse.quality.suite_json import Json

Form = tuple[Callable[[Json], bool], str]
"""A check of a value, and the description of the valid form."""


def is_number(value: Json) -> bool:
    """Whether the value is a JSON number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _filled_list(
    value: Json, holds: Callable[[Json], bool], at_least: int = 1, at_most: float = inf
) -> bool:
    is_so_long = isinstance(value, list) and at_least <= len(value) <= at_most
    return is_so_long and all(map(holds, value))


def _is_word(value: Json) -> bool:
    return isinstance(value, str) and value != ""


def _is_scalar(value: Json) -> bool:
    return isinstance(value, str | int | float)


# Java's syntax that Python does not have: such a pattern is checked by Spark only.
_JAVA_ONLY = re.compile(r"\\[pPQEhHRXzGkN]|\(\?<[a-zA-Z]|&&")


def _is_regex(value: Json) -> bool:
    if not _is_word(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return _JAVA_ONLY.search(value) is not None
    return True


_WORD = (_is_word, "a text")
_BOUND = (lambda value: is_number(value) or _is_word(value), "a number or a text")
_FLAG = (lambda value: isinstance(value, bool), "true or false")
FORMS: Mapping[str, Form] = {
    "column": _WORD,
    "column_A": _WORD,
    "column_B": _WORD,
    "column_list": (
        lambda value: _filled_list(value, _is_word, 2),
        "a list of two columns or more",
    ),
    "min_value": _BOUND,
    "max_value": _BOUND,
    "strict_min": _FLAG,
    "strict_max": _FLAG,
    "or_equal": _FLAG,
    "value_set": (
        lambda value: _filled_list(value, _is_scalar),
        "a list of values, none of them null",
    ),
    "value_pairs_set": (
        lambda value: _filled_list(value, lambda pair: _filled_list(pair, _is_scalar, 2, 2)),
        "a list of pairs of values, none of them null",
    ),
    "regex": (_is_regex, "a regular expression that can be read"),
    "regex_list": (lambda value: _filled_list(value, _is_regex), "a list of regular expressions"),
    "match_on": (lambda value: value in ("any", "all"), "'any' or 'all'"),
    "like_pattern": _WORD,
    "value": (lambda value: is_number(value) and value == int(value) >= 0, "a whole number"),
    "sum_total": (is_number, "a number"),
    "mostly": (lambda value: is_number(value) and 0 < value <= 1, "a number above 0, at most 1"),
}
"""The forms of the kwargs that Great Expectations' types share."""
