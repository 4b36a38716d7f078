"""The figures of the model and of its scores."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from lakehouse.reporting.charts import bars
from lakehouse.reporting.charts.figure import Figure, listing, responsive
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.data import Interval, MetricRow, ModelCard, Scores
from lakehouse.reporting.model import charts as model_charts
from lakehouse.reporting.model.examined_figures import figures_of_curves, figures_of_errors
from lakehouse.reporting.model.expected_value import figures_of_expected_value
from lakehouse.reporting.model.task_figures import figures_of_predictions, figures_of_task
from lakehouse.reporting.numbers import exact, long_day, share

MOST_FEATURES = 10


def figures_of_model(model: ModelCard | None) -> list[Figure]:
    """Candidates side by side, their leads, calibration, what the model looks at, and where it
    errs."""
    if model is None:
        return []
    made = [_candidates(metric) for metric in model.metrics if len(metric.candidates) > 1]
    made += [_leads(metric, model.version) for metric in model.metrics[:1] if metric.leads]
    if model.calibration:
        made.append(_calibration(model))
    made += figures_of_task(model)
    made += figures_of_curves(model.examined)
    if model.importance:
        made.append(_importance(model))
    return [*made, *figures_of_errors(model.examined)]


def _candidates(metric: MetricRow) -> Figure:
    caption = f"{metric.better.capitalize()} is better. Filled: the registered model."
    title = f"{metric.name[:1].upper()}{metric.name[1:]}, candidates"
    return _intervals(title, caption, metric.candidates, zero=False)


def _leads(metric: MetricRow, version: str) -> Figure:
    caption = "An interval that stays right of 0 is a real lead."
    return _intervals(f"{metric.name}, lead of version {version}", caption, metric.leads, zero=True)


def _intervals(title: str, caption: str, rows: Sequence[Interval], *, zero: bool) -> Figure:
    words = "; ".join(model_charts.interval_words(row) for row in rows)
    drawn = model_charts.intervals(rows, width=float(NARROW), zero=zero, label=f"{title}. {words}")
    return Figure(title, caption, drawn)


def _calibration(model: ModelCard) -> Figure:
    caption = "On the dashed line, of those scored 30 % exactly 30 % came true."
    words = "; ".join(
        f"scored {share(g.score, 1)}, came true {share(g.rate, 1)}" for g in model.calibration
    )
    drawn = model_charts.calibration(
        model.calibration,
        width=float(NARROW),
        height=250,
        label=f"Scores against what came true. {words}",
    )
    return Figure("Scores against what came true", caption, drawn)


def _importance(model: ModelCard) -> Figure:
    top = [pair for pair in model.importance[:MOST_FEATURES] if pair[1] > 0]
    metric = model.metrics[0].name if model.metrics else "the metric"
    caption = f"What {metric} loses on the test when one feature is shuffled."
    rows = [bars.Bar(name.replace("_", " "), value) for name, value in top]
    drawn = (
        bars.bars(rows, width=float(NARROW), label=f"What the model looks at. {caption}")
        if rows
        else Markup("")
    )
    return Figure("What the model looks at", caption, drawn)


def figures_of_scores(scores: Scores | None) -> list[Figure]:
    """The distribution of the newest probabilities or predictions, and their expected value."""
    if scores is None or not scores.total:
        return []
    if scores.kind != "probabilities":
        return figures_of_predictions(scores)
    bins = len(scores.counts)
    half = sum(scores.counts[bins // 2 :])
    caption = (
        f"{exact(scores.total)} {scores.entity} on {long_day(scores.as_of)}; "
        f"{share(half, scores.total)} at 50 % or more."
    )

    def drawn(width: float) -> Markup:
        return model_charts.histogram(
            scores.counts,
            low=0,
            high=1,
            noun=scores.entity,
            width=width,
            height=200,
            tick=lambda at: share(at, 1) if at else "0 %",
            label=f"How the probabilities are spread. {caption}",
        )

    rows = [
        (f"{index / bins:.0%} to {(index + 1) / bins:.0%}", exact(value))
        for index, value in enumerate(scores.counts)
    ]
    numbers = tag(
        "details", tag("summary", "Numbers"), listing(("probability", scores.entity), rows, {1})
    )
    return [
        Figure("How the probabilities are spread", caption, responsive(drawn) + numbers, wide=True),
        *figures_of_expected_value(scores),
    ]
