"""Which alarms of a day are raised: a column that alarms day after day is raised once in a while.

Worked example with a cool-down of 7 days: a column alarms on each of the days 1 to 9. It is raised
on day 1 and, since that is more than 7 days before, on day 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from lakehouse.monitoring.drift import ColumnDrift, Key
from lakehouse.monitoring.performance import Performance

_SHARES = {
    "missing": ("missing_share", "missing"),
    "nan": ("nan_share", "NaN"),
    "infinite": ("infinite_share", "infinite"),
    "unseen": ("unseen_share", "in rare or unseen levels"),
    "out_of_range": ("out_of_range_share", "outside the range of training"),
}


def choose_raised(
    day: date, drifts: Sequence[ColumnDrift], raised: Mapping[Key, date], *, cool_down_days: int
) -> list[Key]:
    """The columns with an alarm that was not raised in the ``cool_down_days`` days before.

    Within a segment only where the column has no alarm over all rows, which says as much. Depends
    on earlier days alone, so that a repeat of the day raises the same alarms.
    """
    alarms = [drift for drift in drifts if drift.level == "alarm"]
    everywhere = {drift.column for drift in alarms if drift.segment is None}
    return [
        drift.key
        for drift in alarms
        if (drift.segment is None or drift.column not in everywhere)
        and is_cool(day, raised.get(drift.key), cool_down_days)
    ]


def is_cool(day: date, raised: date | None, cool_down_days: int) -> bool:
    """Whether an alarm that was last raised on ``raised`` (None: never) may be raised again."""
    return raised is None or (day - raised).days > cool_down_days


def describe(day: date, drifts: Sequence[ColumnDrift], most: int = 5) -> str:
    """``2026-03-05: spent (PSI 0.41), score within plan=basic (PSI 0.30)``, the largest first."""
    largest = sorted(drifts, key=lambda drift: (-drift.psi, drift.column, drift.segment or ""))
    words = [_words(drift) for drift in largest[:most]]
    if len(largest) > most:
        words.append(f"{len(largest) - most} more")
    return f"{day}: {', '.join(words)}"


def describe_performance(day: date, metrics: Sequence[Performance]) -> str:
    """``predictions of 2026-02-05: brier 0.2 to 0.3, worse than 0.1 to 0.15 on the hold-out``."""
    words = [
        f"{one.metric} {one.low:.3g} to {one.high:.3g}, "
        f"worse than {one.holdout_low:.3g} to {one.holdout_high:.3g} on the hold-out"
        for one in metrics
    ]
    return f"predictions of {day}: {'; '.join(words)}"


def _words(drift: ColumnDrift) -> str:
    name = drift.column if drift.segment is None else f"{drift.column} within {drift.segment}"
    return f"{name} ({', '.join(_why(drift))})"


def _why(drift: ColumnDrift) -> list[str]:
    psi = f"PSI {drift.psi:.2f}"
    if drift.reason == "type":
        return ["another type than at training", psi]
    if drift.reason in _SHARES:
        column, what = _SHARES[drift.reason]
        return [psi, f"{getattr(drift, column):.1%} {what}"]
    return [psi]
