"""Plots of slices and days: a metric with its intervals; works without a screen."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from lakehouse.ml.slices.examine import Examination
from lakehouse.ml.slices.measure import Measured, Measurement


def plots_of_parts(examined: Examination, metric: str) -> dict[str, Figure]:
    """``slices`` where some are declared, ``stability`` where there is more than one day."""
    drawn = {}
    if examined.slices is not None and _with(examined.slices, metric):
        drawn["slices"] = _intervals(examined.slices, metric, f"{metric} by slice of the hold-out")
    if examined.days is not None and len(_with(examined.days, metric)) > 1:
        drawn["stability"] = _intervals(examined.days, metric, f"{metric} by day of the hold-out")
    return drawn


def _with(measured: Measurement, metric: str) -> Sequence[Measured]:
    return [part for part in measured.parts if metric in part.metrics]


def _intervals(measured: Measurement, metric: str, title: str) -> Figure:
    """A point with its 95 % interval for each part, the first on top; dashed: the whole."""
    parts = _with(measured, metric)[::-1]
    figure = Figure(figsize=(6, 1.2 + 0.28 * len(parts)), dpi=110, layout="constrained")
    axes = figure.subplots()
    for height, part in enumerate(parts):
        bounds = part.metrics[metric]
        axes.plot([bounds.low, bounds.high], [height, height], color="C0")
        axes.plot([bounds.estimate], [height], marker="o", color="C0")
    axes.axvline(measured.whole.metrics[metric].estimate, linestyle="dashed", color="grey")
    axes.set_yticks(range(len(parts)), [f"{part.name} ({part.customers:,})" for part in parts])
    axes.set(title=title, xlabel=metric)
    return figure
