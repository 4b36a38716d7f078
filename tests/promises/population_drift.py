"""Twenty features whose distribution can be moved by an exact PSI, for simulated days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.ml.bins import OUT_OF_RANGE, NumericBins
from lakehouse.ml.columns import Columns
from lakehouse.ml.counts import Counts
from lakehouse.ml.psi import psi
from lakehouse.ml.reference import ColumnReference, Reference, make_reference
from lakehouse.ml.segments import add_segments
from lakehouse.monitoring.drift import ColumnDrift, compare, compare_day

Rng = np.random.Generator
Make = Callable[[Rng, int, float], np.ndarray]
TRAINING_ROWS = 10_000
_POPULATION = 100_000


def _chance(rate: float, amount: float) -> float:
    """A rate moved on the logistic scale."""
    return float(1 / (1 + np.exp(-(np.log(rate / (1 - rate)) + amount))))


def _normal(rng: Rng, size: int, amount: float) -> np.ndarray:
    return rng.normal(size=size) + amount


def _spread(rng: Rng, size: int, amount: float) -> np.ndarray:
    return rng.normal(size=size) * (1 + amount)


def _amounts(rng: Rng, size: int, amount: float) -> np.ndarray:
    return np.round(np.exp(rng.normal(size=size)) * (1 + amount), 2)


def _mostly_zero(rng: Rng, size: int, amount: float) -> np.ndarray:
    return np.where(rng.random(size) < _chance(0.6, -amount), 0.0, rng.exponential(size=size))


def _number(mean: float) -> Make:
    return lambda rng, size, amount: rng.poisson(mean * (1 + amount), size).astype(float)


def _flag(rate: float) -> Make:
    return lambda rng, size, amount: (rng.random(size) < _chance(rate, amount)).astype(float)


def _missing(rate: float) -> Make:
    return lambda rng, size, amount: np.where(
        rng.random(size) < _chance(rate, amount), np.nan, rng.normal(size=size)
    )


def _levels(kinds: int) -> Make:
    def make(rng: Rng, size: int, amount: float) -> np.ndarray:
        place = np.arange(kinds)
        weights = np.exp(-0.3 * place + amount * place / kinds)
        drawn = rng.choice(kinds, size=size, p=weights / weights.sum())
        return np.array([f"level {number}" for number in range(kinds)], dtype=object)[drawn]

    return make


NUMERIC: dict[str, Make] = {
    **{f"normal_{number}": _normal for number in range(3)},
    **{f"spread_{number}": _spread for number in range(2)},
    **{f"amount_{number}": _amounts for number in range(3)},
    **{f"mostly_zero_{number}": _mostly_zero for number in range(2)},
    **{f"number_{mean}": _number(mean) for mean in (1, 4)},
    **{f"flag_{rate}": _flag(rate) for rate in (0.02, 0.3)},
    **{f"missing_{rate}": _missing(rate) for rate in (0.01, 0.2)},
}
LEVELS: dict[str, Make] = {f"levels_{kinds}": _levels(kinds) for kinds in (2, 5, 12, 18)}
FEATURES = NUMERIC | LEVELS
AREAS = {"north": 0.4, "south": 0.3, "east": 0.15, "west": 0.1, "islands": 0.05}
"""The segments of days with segments, and their shares of the rows."""


@dataclass(frozen=True)
class Population:
    """The references of one training, and days of the population that it was drawn from."""

    references: dict[str, ColumnReference]

    @classmethod
    def trained(cls, rng: Rng) -> Population:
        """A training of ``TRAINING_ROWS`` rows, each of another entity."""
        frame = pd.DataFrame(
            {name: make(rng, TRAINING_ROWS, 0.0) for name, make in FEATURES.items()}
        )
        columns = Columns(tuple(NUMERIC), tuple(LEVELS))
        made = make_reference(frame, pd.Series(range(TRAINING_ROWS)), columns, rng.random(1000))
        return cls(made.features)

    @staticmethod
    def with_areas(rng: Rng) -> SegmentedPopulation:
        """A training whose rows are in ``AREAS``."""
        frame = pd.DataFrame(
            {name: make(rng, TRAINING_ROWS, 0.0) for name, make in FEATURES.items()}
        )
        people, scores = pd.Series(range(TRAINING_ROWS)), rng.random(3000)
        areas = [
            pd.DataFrame({"area": rng.choice(list(AREAS), rows, p=list(AREAS.values()))})
            for rows in (TRAINING_ROWS, len(scores))
        ]
        whole = make_reference(frame, people, Columns(tuple(NUMERIC), tuple(LEVELS)), scores)
        made = add_segments(whole, frame, people, scores, (areas[0], areas[1]))
        return SegmentedPopulation(made.features, made)

    def count(self, name: str, rng: Rng, rows: int, amount: float = 0.0) -> Counts:
        """The counts of one feature on a day of ``rows``, moved by ``amount``."""
        bins, values = self.references[name].bins, FEATURES[name](rng, rows, amount)
        outside = int(bins.is_out_of_range(values).sum()) if isinstance(bins, NumericBins) else 0
        assigned = bins.assign(values)  # type: ignore[arg-type]
        places, counts = np.unique(assigned, return_counts=True)
        by_bin = dict(zip(places.tolist(), counts.tolist(), strict=True))
        return Counts.of(by_bin | {OUT_OF_RANGE: outside}, bins)

    def level(self, name: str, rng: Rng, rows: int, amount: float = 0.0) -> str:
        """The level of one of the 20 features on a day, with the default thresholds."""
        reference = self.references[name]
        drift = compare(
            name,
            reference,
            self.count(name, rng, rows, amount),
            thresholds=ModelMonitoring(),
            columns=len(FEATURES),
        )
        return drift.level

    def amount_for(self, name: str, target: float, seed: int) -> float | None:
        """The amount that moves the population by a PSI of ``target``; None where none does."""
        before = self.count(name, np.random.default_rng(seed), _POPULATION).parts()

        def moved(amount: float) -> float:
            after = self.count(name, np.random.default_rng(seed + 1), _POPULATION, amount)
            return psi(before, after.parts())

        low, high = 0.0, 0.1
        while moved(high) < target:
            low, high = high, 2 * high
            if high > 20:
                return None
        for _ in range(12):
            middle = (low + high) / 2
            low, high = (middle, high) if moved(middle) < target else (low, middle)
        return high


@dataclass(frozen=True)
class SegmentedPopulation(Population):
    """A population in segments, each distributed as all rows are."""

    reference: Reference

    def day(
        self, rng: Rng, rows: int, moved: tuple[str, str, float] | None = None
    ) -> list[ColumnDrift]:
        """The drift of all features on a day of ``rows``; ``moved`` are the area, the feature that
        is moved within it, and by how much."""
        sizes = rng.multinomial(rows, list(AREAS.values()))
        inside: dict[str | None, dict[str, Counts]] = {}
        for area, size in zip(AREAS, sizes.tolist(), strict=True):
            inside[f"area={area}"] = {
                name: self.count(
                    name, rng, size, moved[2] if moved and moved[:2] == (area, name) else 0.0
                )
                for name in FEATURES
            }
        inside[None] = {
            name: _sum([counts[name] for counts in inside.values()]) for name in FEATURES
        }
        return compare_day(self.reference, inside, ModelMonitoring())


def _sum(parts: list[Counts]) -> Counts:
    return Counts(
        tuple(np.sum([part.bins for part in parts], axis=0).tolist()),
        missing=sum(part.missing for part in parts),
        nan=sum(part.nan for part in parts),
        infinite=sum(part.infinite for part in parts),
        out_of_range=sum(part.out_of_range for part in parts),
    )
