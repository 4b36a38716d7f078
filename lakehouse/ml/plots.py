"""Plots of a test, drawn from its curves; no screen and no global state is needed."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_SHOWN = 15


def plots(curves: dict[str, Any], importance: dict[str, float]) -> dict[str, Figure]:
    """The figures by name: roc, precision_recall, calibration, scores, importance."""
    return {
        "roc": roc(curves),
        "precision_recall": precision_recall(curves),
        "calibration": calibration(curves),
        "scores": scores(curves),
        "importance": importances(importance),
    }


def roc(curves: dict[str, Any]) -> Figure:
    """True against false positive rate of every candidate."""
    figure, axes = _figure("ROC on the test", "False positive rate", "True positive rate")
    _lines(axes, curves["roc"], curves["chosen"])
    return figure


def precision_recall(curves: dict[str, Any]) -> Figure:
    """Precision against recall of every candidate."""
    figure, axes = _figure("Precision and recall on the test", "Recall", "Precision")
    _lines(axes, curves["precision_recall"], curves["chosen"])
    return figure


def calibration(curves: dict[str, Any]) -> Figure:
    """The rate of the label against the mean score, in ten groups of equal size."""
    figure, axes = _figure("Calibration on the test", "Mean score", "Rate of the label")
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    found = curves["calibration"]
    axes.plot([group["score"] for group in found], [group["rate"] for group in found], marker="o")
    return figure


def scores(curves: dict[str, Any]) -> Figure:
    """How the scores of both classes are spread."""
    figure, axes = _figure("Scores on the test", "Score", "Rows")
    found = curves["scores"]
    for value in (0, 1):
        axes.stairs(found[f"label_{value}"], found["edges"], fill=True, alpha=0.5, label=value)
    axes.legend(title="label")
    return figure


def importances(importance: dict[str, float]) -> Figure:
    """The features whose shuffling costs most, the largest on top."""
    figure, axes = _figure("What shuffling a feature costs", "Loss of the metric", "")
    top = list(importance.items())[:_SHOWN][::-1]
    axes.barh([name for name, _ in top], [value for _, value in top])
    return figure


def _figure(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4), dpi=110, layout="constrained")
    axes = figure.subplots()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def _lines(axes: Axes, found: dict[str, dict[str, list[float]]], chosen: str) -> None:
    for name, line in found.items():
        width = 2.5 if name == chosen else 1.0
        label = f"{name} (chosen)" if name == chosen else name
        axes.plot(line["x"], line["y"], linewidth=width, label=label)
    axes.legend()
