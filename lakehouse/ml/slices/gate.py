"""The gate on declared slices: no slice may be much worse than the whole hold-out."""

from __future__ import annotations

from typing import Any

from lakehouse.config.model.slices import ModelSliceGate
from lakehouse.ml.slices.measure import Measured, Measurement

FAMILY_ERROR = 0.025
"""The probability that any slice fails whose true gap is ``max_gap``, over all slices together."""


def slice_faults(sliced: Measurement, gate: ModelSliceGate | None, metric: str) -> list[str]:
    """The slices that fail, each a sentence; empty without a gate.

    ``metric`` is the recorded name of the gate's metric. A slice fails when the lower bound of its
    gap exceeds ``max_gap``: the bound of an interval, not the estimate, so that a small slice does
    not fail by bad luck. The level is divided by the number of gated slices (Bonferroni).
    """
    if gate is None:
        return []
    gated = gated_slices(sliced, gate, metric)
    level = FAMILY_ERROR / max(len(gated), 1)
    return [
        _sentence(part, sliced.whole, gate, metric, level)
        for part in gated
        if part.gaps[metric].lower_bound(level) > gate.max_gap
    ]


def gated_slices(sliced: Measurement, gate: ModelSliceGate, metric: str) -> list[Measured]:
    """The slices with enough customers in which the metric is defined."""
    return [
        part
        for part in sliced.parts
        if part.customers >= gate.min_customers and metric in part.gaps
    ]


def describe_gate(sliced: Measurement, gate: ModelSliceGate | None, metric: str) -> dict[str, Any]:
    """The gate and its result for the run's record; empty without a gate."""
    if gate is None:
        return {}
    return {
        "metric": metric,
        "max_gap": gate.max_gap,
        "min_customers": gate.min_customers,
        "gated": [part.name for part in gated_slices(sliced, gate, metric)],
        "failed": slice_faults(sliced, gate, metric),
    }


def _sentence(
    part: Measured, whole: Measured, gate: ModelSliceGate, metric: str, level: float
) -> str:
    gap = part.gaps[metric]
    return (
        f"the slice {part.name} ({part.customers:,} customers) is worse than the whole hold-out: "
        f"its {metric} is {part.metrics[metric].estimate:.3f} against "
        f"{whole.metrics[metric].estimate:.3f}, a gap of {gap.interval.estimate:.3f} and at least "
        f"{gap.lower_bound(level):.3f}, where at most {gate.max_gap:g} is declared "
        "(gates.slices.max_gap)"
    )
