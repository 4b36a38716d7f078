"""Bootstrap on counts: a draw of all rows is a draw of how many there are of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lakehouse.ml.cluster_bootstrap import Floats, chunks, join_draws

Metrics = Callable[[Floats], dict[str, Floats]]
"""Metrics by name, a value for each draw, of the counts or weights of the draws (draws x kinds)."""
Estimates = Mapping[str, tuple[float, Floats]]
"""Metrics by name: the estimate, and its values in the draws."""
DRAWS = 1000


def draw_cells(counts: Floats, metrics: Metrics, *, draws: int, seed: int) -> dict[str, Floats]:
    """The metrics of draws of rows, of which there are ``counts`` in each cell.

    Each customer has one row on a day, so that drawing rows draws customers.
    """
    rng, rows, shares = np.random.default_rng(seed), int(counts.sum()), counts / counts.sum()
    return join_draws(
        [
            metrics(rng.multinomial(rows, shares, size=size).astype(float))
            for size in chunks(draws, len(counts))
        ]
    )


def draw_groups(groups: int, metrics: Metrics, *, draws: int, seed: int) -> dict[str, Floats]:
    """The metrics of draws of whole groups, as weights of the groups."""
    rng, shares = np.random.default_rng(seed), np.full(groups, 1 / groups)
    return join_draws(
        [
            metrics(rng.multinomial(groups, shares, size=size).astype(float))
            for size in chunks(draws, groups)
        ]
    )
