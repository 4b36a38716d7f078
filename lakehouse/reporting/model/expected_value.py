"""The figure of the expected value of the newest predictions."""

from __future__ import annotations

from markupsafe import Markup

from lakehouse.reporting.charts.figure import Figure, listing
from lakehouse.reporting.data import Scores
from lakehouse.reporting.numbers import exact, long_day, share


def figures_of_expected_value(scores: Scores) -> list[Figure]:
    """The sum, and the entities with the largest expected values by token. None without values."""
    expected = scores.expected
    if expected is None:
        return []
    caption = (
        f"Probability times {expected.of.replace('_', ' ')}: {exact(round(expected.total, 2))} in "
        f"total, of {exact(expected.rows)} {scores.entity} with a value on "
        f"{long_day(scores.as_of)}."
    )
    if not expected.top:
        return [Figure("Expected value", caption, Markup(""))]
    rows = [
        (entity, share(probability, 1), exact(round(value, 2)))
        for entity, probability, value in expected.top
    ]
    head = (scores.entity.removesuffix("s"), "probability", "expected value")
    table = listing(head, rows, {1, 2})
    return [Figure("Expected value", f"{caption} The largest, by token:", table, wide=True)]
