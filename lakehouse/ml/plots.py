"""Plots of the hold-out, drawn with scikit-learn's displays; works without a screen."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import ConfusionMatrixDisplay, PrecisionRecallDisplay, RocCurveDisplay

_SHOWN = 15


def plots(curves: dict[str, Any], importance: dict[str, float]) -> dict[str, Figure]:
    """A figure for each part of the curves, which depend on the task, and ``importance``."""
    drawn = {name: draw(curves) for name, draw in _FIGURES.items() if name in curves}
    return drawn | {"importance": importances(importance)}


def roc(curves: dict[str, Any]) -> Figure:
    """True against false positive rate of every candidate."""
    figure, axes = _figure()
    for name, line in curves["roc"].items():
        x, y = (
            np.asarray(line["x"]),
            np.asarray(line["y"]),
        )  # a list would be read as several curves
        display = RocCurveDisplay(fpr=x, tpr=y, name=_label(name, curves))
        display.plot(ax=axes, curve_kwargs={"linewidth": _width(name, curves)})
    axes.set(title="ROC on the hold-out")
    return figure


def precision_recall(curves: dict[str, Any]) -> Figure:
    """Precision against recall of every candidate."""
    figure, axes = _figure()
    for name, line in curves["precision_recall"].items():
        x, y = np.asarray(line["x"]), np.asarray(line["y"])
        display = PrecisionRecallDisplay(y, x, name=_label(name, curves))
        # The curve is on a grid of recalls, so points are joined without scikit-learn's steps.
        style = {"linewidth": _width(name, curves), "drawstyle": "default"}
        display.plot(ax=axes, curve_kwargs=style)
    axes.set(title="Precision and recall on the hold-out")
    return figure


def gain(curves: dict[str, Any]) -> Figure:
    """The share of events among the rows with the highest scores, of every candidate."""
    figure, axes = _lines(curves, "gain")
    axes.axline((0, 0), slope=1, linestyle="dashed", color="grey")
    axes.set(title="Gain on the hold-out", xlabel="Share of rows", ylabel="Share of events")
    return figure


def lift(curves: dict[str, Any]) -> Figure:
    """The rate of the event among the rows with the highest scores over the rate of all."""
    figure, axes = _lines(curves, "lift")
    axes.axhline(1, linestyle="dashed", color="grey")
    axes.set(title="Lift on the hold-out", xlabel="Share of rows", ylabel="Lift")
    return figure


def calibration(curves: dict[str, Any]) -> Figure:
    """The rate of the label against the mean score, in ten groups of equal size."""
    figure, axes = _figure()
    bins = curves["calibration"]
    rates, scores = [group["rate"] for group in bins], [group["score"] for group in bins]
    CalibrationDisplay(rates, scores, scores, estimator_name=curves["chosen"]).plot(ax=axes)
    axes.set(title="Calibration on the hold-out")
    return figure


def scores(curves: dict[str, Any]) -> Figure:
    """Histograms of the scores of both classes."""
    figure, axes = _figure()
    axes.set(title="Scores on the hold-out", xlabel="Score", ylabel="Rows")
    counts = curves["scores"]
    for value in (0, 1):
        axes.stairs(counts[f"label_{value}"], counts["edges"], fill=True, alpha=0.5, label=value)
    axes.legend(title="label")
    return figure


def actual(curves: dict[str, Any]) -> Figure:
    """The mean label against the mean prediction, in ten groups of about equal size."""
    figure, axes = _figure()
    groups = curves["actual"]
    x, y = [group["score"] for group in groups], [group["rate"] for group in groups]
    axes.axline((x[0], x[0]), slope=1, linestyle="dashed", color="grey")
    axes.plot(x, y, marker="o", label=curves["chosen"])
    axes.set(title="Predictions on the hold-out", xlabel="Mean prediction", ylabel="Mean label")
    return figure


def residuals(curves: dict[str, Any]) -> Figure:
    """The spread of prediction minus label; the outer bins hold all beyond."""
    figure, axes = _figure()
    axes.stairs(curves["residuals"]["counts"], curves["residuals"]["edges"], fill=True)
    axes.set(title="Errors on the hold-out", xlabel="Prediction minus label", ylabel="Rows")
    return figure


def confusion(curves: dict[str, Any]) -> Figure:
    """Rows by true and predicted class."""
    figure, axes = _figure()
    known = curves["confusion"]
    display = ConfusionMatrixDisplay(np.asarray(known["rows"]), display_labels=known["classes"])
    display.plot(ax=axes, colorbar=False, xticks_rotation="vertical")
    axes.set(title="Classes on the hold-out")
    return figure


def importances(importance: dict[str, float]) -> Figure:
    """The most important features by permutation importance, the largest on top."""
    figure, axes = _figure()
    axes.set(title="What shuffling a feature costs", xlabel="Loss of the metric")
    top = list(importance.items())[:_SHOWN][::-1]
    axes.barh([name for name, _ in top], [value for _, value in top])
    return figure


_FIGURES = {
    "roc": roc,
    "precision_recall": precision_recall,
    "gain": gain,
    "lift": lift,
    "calibration": calibration,
    "scores": scores,
    "actual": actual,
    "residuals": residuals,
    "confusion": confusion,
}


def _figure() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4), dpi=110, layout="constrained")
    return figure, figure.subplots()


def _lines(curves: dict[str, Any], part: str) -> tuple[Figure, Axes]:
    figure, axes = _figure()
    for name, known in curves[part].items():
        axes.plot(known["x"], known["y"], label=_label(name, curves), lw=_width(name, curves))
    axes.legend()
    return figure, axes


def _label(name: str, curves: dict[str, Any]) -> str:
    return f"{name} (chosen)" if name == curves["chosen"] else name


def _width(name: str, curves: dict[str, Any]) -> float:
    return 2.5 if name == curves["chosen"] else 1.0
