"""Sentences that describe rules for people who do not read JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lakehouse.quality.suite_json import Json

Sentence = Callable[[Mapping[str, Json]], str]
"""Describe a rule by its kwargs: ``amount is at least 0.01``."""
_MOST = 12  # values of a set that are listed


def say_range(kwargs: Mapping[str, Json]) -> str:
    """``at least 1 and less than 5``."""
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    above = "more than" if kwargs.get("strict_min") else "at least"
    below = "less than" if kwargs.get("strict_max") else "at most"
    ends = [f"{above} {low}"] * (low is not None) + [f"{below} {high}"] * (high is not None)
    return " and ".join(ends) or "anything"


def say_values(values: Sequence[Json]) -> str:
    """``a, b, c``, at most twelve values."""
    shown = [str(value) for value in list(values)[:_MOST]]
    return ", ".join(shown) + (" …" if len(values) > _MOST else "")


def describe_column(words: str) -> Sentence:
    """``amount is present``."""
    return lambda k: f"{k['column']} {words}"


def describe_total(what: str) -> Sentence:
    """``the sum of amount is at least 1``."""
    return lambda k: f"the {what} of {k['column']} is {say_range(k)}"
