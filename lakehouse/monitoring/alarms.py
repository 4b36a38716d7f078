"""Which alarms of a day are raised: a column that alarms day after day is raised once in a while.

Worked example with a cool-down of 7 days: a column alarms on each of the days 1 to 9. It is raised
on day 1 and, since that is more than 7 days before, on day 9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from lakehouse.monitoring.drift import ColumnDrift


def choose_raised(
    day: date, drifts: Iterable[ColumnDrift], raised: Mapping[str, date], *, cool_down_days: int
) -> list[str]:
    """The columns with an alarm that was not raised in the ``cool_down_days`` days before.

    Depends on earlier days alone, so that a repeat of the day raises the same alarms.
    """
    return [
        drift.column
        for drift in drifts
        if drift.level == "alarm"
        and (drift.column not in raised or (day - raised[drift.column]).days > cool_down_days)
    ]


def describe(day: date, drifts: Sequence[ColumnDrift], most: int = 5) -> str:
    """``2026-03-05: spent (PSI 0.41), score (PSI 0.30)``, the largest first."""
    largest = sorted(drifts, key=lambda drift: (-drift.psi, drift.column))
    words = [_words(drift) for drift in largest[:most]]
    if len(largest) > most:
        words.append(f"{len(largest) - most} more")
    return f"{day}: {', '.join(words)}"


def _words(drift: ColumnDrift) -> str:
    if drift.level == "warning" and drift.out_of_range_share and drift.psi < drift.psi_bound:
        return f"{drift.column} ({drift.out_of_range_share:.1%} outside the range of training)"
    return f"{drift.column} (PSI {drift.psi:.2f})"
