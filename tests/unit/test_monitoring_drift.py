"""A day's drift: its level, its shares, and which alarms are raised."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from lakehouse.config.model_declaration import ModelMonitoring
from lakehouse.ml.bins import MISSING, NAN, LevelBins, NumericBins, numeric_bins
from lakehouse.ml.reference import SCORE, ColumnReference, Counts, Reference
from lakehouse.monitoring.alarms import choose_raised, describe
from lakehouse.monitoring.drift import ColumnDrift, Key, compare, compare_day

RNG = np.random.default_rng(7)
VALUES = RNG.normal(size=10_000)
BINS = numeric_bins(VALUES)
MON = date(2026, 3, 2)


def counted(values: np.ndarray, bins: NumericBins = BINS) -> Counts:
    assigned = bins.assign(values)
    places, rows = np.unique(assigned, return_counts=True)
    by_bin = dict(zip(places.tolist(), rows.tolist(), strict=True))
    return Counts.of(by_bin | {-4: int(bins.is_out_of_range(values).sum())}, bins)


SPENT = ColumnReference("numeric", BINS, counted(VALUES))
SEGMENT = ColumnReference("categorical", LevelBins(("a", "b")), Counts((6000, 3900, 100)))


def drift(counts: Counts, reference: ColumnReference = SPENT) -> ColumnDrift:
    return compare("spent", reference, counts, thresholds=ModelMonitoring(), columns=20)


def level(shift: float) -> str:
    return drift(counted(RNG.normal(size=2000) + shift)).level


def test_the_level_follows_the_thresholds() -> None:
    assert [level(shift) for shift in (0.0, 0.4, 0.8)] == ["ok", "warning", "alarm"]


def test_missing_values_are_drift_and_their_shares_are_told_apart() -> None:
    by_bin = dict(enumerate([100] * len(BINS))) | {MISSING: 600, NAN: 400}
    found = drift(Counts.of(by_bin, BINS))
    assert (found.level, found.missing_share, found.nan_share) == ("alarm", 0.5, 0.2)
    assert found.training_missing_share == 0


def test_an_unseen_level_is_drift() -> None:
    found = drift(Counts((300, 200, 500)), SEGMENT)
    assert (found.level, found.unseen_share, found.training_unseen_share) == ("alarm", 0.5, 0.01)
    assert found.out_of_range_share is None


def test_values_outside_the_range_are_a_warning_where_chance_does_not_put_them() -> None:
    inside = counted(RNG.normal(size=1000))
    beyond = counted(np.append(RNG.normal(size=970), [1e6] * 30))
    assert (drift(inside).level, drift(beyond).level) == ("ok", "warning")
    assert "3.0% outside the range of training" in describe(MON, [drift(beyond)])
    few = numeric_bins(VALUES[:50])
    small = ColumnReference("numeric", few, counted(VALUES[:50], few))
    outside = counted(VALUES[50:1050], few)
    assert outside.out_of_range > 10
    assert drift(outside, small).level == "ok"


def test_a_column_without_rows_is_left_out() -> None:
    reference = Reference({"spent": SPENT}, SPENT)
    counts = {"spent": counted(VALUES[:1000]), SCORE: Counts((0,) * len(BINS))}
    found = compare_day(reference, {None: counts}, ModelMonitoring())
    assert [one.column for one in found] == ["spent"]


def test_an_alarm_is_raised_again_only_after_the_cool_down() -> None:
    loud = [drift(counted(VALUES[:1000] + 1))]
    raised: dict[Key, date] = {}
    days = []
    for number in range(9):
        day = MON + timedelta(days=number)
        chosen = choose_raised(day, loud, raised, cool_down_days=7)
        raised |= dict.fromkeys(chosen, day)
        days += [number + 1] if chosen else []
    assert days == [1, 9]


def test_the_thresholds_are_in_order() -> None:
    with pytest.raises(ValidationError, match="alarm is below warn"):
        ModelMonitoring(warn=0.3, alarm=0.2)
