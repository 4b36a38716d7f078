"""A day's drift: its level, its shares, and which alarms are raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.ml.bins import MISSING, NAN, LevelBins, NumericBins, numeric_bins
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import SCORE, ColumnReference, Reference
from lakehouse.monitoring.alarms import choose_raised, describe
from lakehouse.monitoring.drift import ColumnDrift, Key, compare, compare_day
from lakehouse.monitoring.monitor import DayDrift

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


@pytest.mark.parametrize(
    ("odd", "share", "reason", "level"),
    [
        (np.nan, 0.005, None, "ok"),
        (np.nan, 0.03, "nan", "warning"),
        (np.nan, 0.15, "nan", "alarm"),
        (np.inf, 0.03, "infinite", "warning"),
        (-np.inf, 0.15, "infinite", "alarm"),
        (1e6, 0.03, "out_of_range", "warning"),
        (-1e6, 0.15, "out_of_range", "alarm"),
    ],
)
def test_odd_numbers_are_told_by_their_share(
    odd: float, share: float, reason: str | None, level: str
) -> None:
    many = int(2000 * share)
    found = drift(counted(np.append(RNG.normal(size=2000 - many), [odd] * many)))
    assert (found.level, found.reason) == (level, reason)


def test_missing_values_that_were_missing_at_training_are_none_of_it() -> None:
    by_bin = dict(enumerate(SPENT.counts.bins)) | {MISSING: 2000}
    often = ColumnReference("numeric", BINS, Counts.of(by_bin, BINS))
    same = {at: round(rows / 10) for at, rows in by_bin.items()}
    assert drift(Counts.of(same, BINS), often).level == "ok"
    more = drift(Counts.of(same | {MISSING: 330}, BINS), often)
    assert (more.level, more.reason) == ("warning", "missing")
    as_nan = {**same, MISSING: 0, NAN: same[MISSING]}
    assert drift(Counts.of(as_nan, BINS), often).level == "ok"


def test_a_few_odd_values_are_not_told_from_chance() -> None:
    few = drift(counted(np.append(RNG.normal(size=97), [np.inf] * 2)))
    assert (few.level, few.infinite_share) == ("ok", 2 / 99)


@pytest.mark.parametrize(("unseen", "level"), [(0.012, "ok"), (0.05, "warning"), (0.3, "alarm")])
def test_unseen_levels_are_told_beside_those_of_training(unseen: float, level: str) -> None:
    rows = int(3000 * unseen)
    found = drift(Counts((1800 - rows, 1200, rows)), SEGMENT)
    assert (found.level, found.reason) == (level, None if level == "ok" else "unseen")


def test_another_type_is_an_alarm_whatever_the_values() -> None:
    counts = counted(RNG.normal(size=2000))
    found = compare(
        "spent", SPENT, counts, thresholds=ModelMonitoring(), columns=1, is_retyped=True
    )
    assert (found.level, found.reason) == ("alarm", "type")
    assert "spent (another type than at training, PSI 0.00)" in describe(MON, [found])


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


def test_within_a_segment_an_alarm_is_raised_where_all_rows_have_none() -> None:
    everywhere = drift(counted(RNG.normal(size=2000) + 1))
    inside = replace(everywhere, segment="plan=basic")
    other = replace(inside, column="orders")
    assert choose_raised(MON, [everywhere, inside, other], {}, cool_down_days=7) == [
        ("spent", None),
        ("orders", "plan=basic"),
    ]
    raised = {("orders", "plan=pro"): MON}
    assert choose_raised(MON, [other], raised, cool_down_days=7) == [("orders", "plan=basic")]
    assert "orders within plan=basic (PSI" in describe(MON, [other])


def test_what_is_not_raised_is_told_once() -> None:
    loud, calm = (drift(counted(RNG.normal(size=2000) + shift)) for shift in (1.0, 0.0))
    inside = replace(loud, segment="plan=basic")
    other = replace(inside, column="orders")
    day = DayDrift(MON, (loud, inside, other, replace(calm, column="orders")), ())
    assert [one.key for one in day.quiet()] == [("spent", None), ("orders", "plan=basic")]
    raised = replace(day, raised=(("spent", None),))
    assert [one.key for one in raised.quiet()] == [("orders", "plan=basic")]


def test_the_thresholds_are_in_order() -> None:
    with pytest.raises(ValidationError, match="alarm is below warn"):
        ModelMonitoring(warn=0.3, alarm=0.2)
