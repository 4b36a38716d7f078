"""The bootstrap of whole customers, for the statistics of any task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistics = Callable[[Floats], dict[str, Floats]]
"""Metrics by name, each with one value per draw, of the weights of the rows (draws x rows)."""
_CELLS = 2_000_000


def resample(
    customers: npt.ArrayLike,
    statistics: Mapping[str, Statistics],
    *,
    draws: int = 1000,
    seed: int = 20_260,
) -> dict[str, dict[str, Floats]]:
    """The statistics of each model in ``draws`` samples of whole customers.

    All models share the samples, so that differences are paired. A draw for which a metric is not
    defined is NaN.
    """
    groups, place = group_rows(customers)
    drawn: dict[str, list[dict[str, Floats]]] = {name: [] for name in statistics}
    rng = np.random.default_rng(seed)
    for size in chunks(draws, len(place)):
        weights = draw_weights(rng, groups, size)[:, place]
        for name, statistic in statistics.items():
            drawn[name].append(statistic(weights))
    return {name: join_draws(parts) for name, parts in drawn.items()}


def chunks(draws: int, width: int) -> Iterator[int]:
    """The numbers of draws that fit into memory at once, for ``width`` numbers per draw."""
    most = max(1, _CELLS // width)
    for start in range(0, draws, most):
        yield min(most, draws - start)


def join_draws(parts: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
    """The metrics of all draws, of their chunks in order."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """The mean of the rows' values in each draw, such as of the squared errors."""
    means: Floats = weights @ values / weights.sum(axis=1)
    return means


def group_rows(customers: npt.ArrayLike) -> tuple[int, npt.NDArray[np.intp]]:
    """The number of customers, and the number of each row's customer."""
    names, place = np.unique(np.asarray(customers).astype(str), return_inverse=True)
    return len(names), place


def draw_weights(rng: np.random.Generator, groups: int, draws: int) -> Floats:
    """The number of times that each customer is in each draw."""
    return np.stack(
        [np.bincount(rng.integers(groups, size=groups), minlength=groups) for _ in range(draws)]
    ).astype(float)
