"""Describe rules in sentences for people who do not read JSON."""

from __future__ import annotations

from lakehouse.quality import builtin
from lakehouse.quality.expectations.registry import expectation_of
from lakehouse.quality.rules import Rule


def demand(rule: Rule) -> str:
    """``amount is at least 0.01``; the type's own name for a type without a sentence."""
    expectation = expectation_of(rule.type)
    if expectation is None or expectation.sentence is None:
        return _plain(rule)
    return expectation.sentence(rule.kwargs)


def how_many(rule: Rule) -> str:
    """``every row``, ``at least 98 % of a day's rows`` or ``the table as a whole``."""
    whole = "the table" if rule.scope == "table" else "a day"
    if rule.kind not in ("row", "unique"):
        return f"{whole} as a whole"
    if rule.mostly == 1:
        return f"every row of {whole}"
    return f"at least {rule.mostly * 100:.6g} % of the rows of {whole}"


def demands(rules: tuple[Rule, ...]) -> dict[str, str]:
    """The sentence of each rule by its id, with the built-in rule for malformed rows."""
    well_formed = builtin.well_formed("")
    return {rule.id: demand(rule) for rule in (well_formed, *rules)}


def _plain(rule: Rule) -> str:
    about = ", ".join(rule.columns)
    words = rule.type.removeprefix("expect_").replace("_", " ")
    return f"{about}: {words}" if about else words
