"""The figures of models that predict a number or one of several classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markupsafe import Markup

from lakehouse.reporting.charts import bars
from lakehouse.reporting.charts.figure import Figure, listing, responsive
from lakehouse.reporting.charts.svg import NARROW
from lakehouse.reporting.data import ModelCard, Scores
from lakehouse.reporting.model import charts as model_charts
from lakehouse.reporting.numbers import compact, exact, long_day


def figures_of_task(model: ModelCard) -> Iterator[Figure]:
    """What was predicted against what came true, as numbers or as classes."""
    if model.actual:
        yield _actual(model)
    if model.confusion is not None:
        yield _confusion(model)


def _actual(model: ModelCard) -> Figure:
    title = "Predictions against what came true"
    caption = "On the dashed line, the mean of a group came true exactly. Ten groups of the test."
    words = "; ".join(
        f"predicted {compact(group.score)}, came true {compact(group.rate)}"
        for group in model.actual
    )
    drawn = model_charts.calibration(
        model.actual,
        width=float(NARROW),
        height=250,
        label=f"{title}. {words}",
        number=compact,
        axis="mean prediction",
    )
    return Figure(title, caption, drawn)


def _confusion(model: ModelCard) -> Figure:
    known = model.confusion
    rows = () if known is None else zip(known.classes, known.rows, strict=True)
    names = () if known is None else known.classes
    table = listing(
        ("true class", *(f"predicted {name}" for name in names)),
        [(name, *(exact(count) for count in counts)) for name, counts in rows],
        set(range(1, len(names) + 1)),
    )
    caption = "Rows of the test by true and predicted class."
    return Figure("Classes against what came true", caption, table)


def figures_of_predictions(scores: Scores) -> list[Figure]:
    """The distribution of the newest predictions of a number, or of a class."""
    title = "How the predictions are spread"
    caption = f"{exact(scores.total)} {scores.entity} on {long_day(scores.as_of)}."
    draw = _by_class(scores, caption) if scores.classes else _by_number(scores, caption)
    return [Figure(title, caption, responsive(draw), wide=True)]


def _by_class(scores: Scores, caption: str) -> Callable[[float], Markup]:
    rows = [
        bars.Bar(name, count) for name, count in zip(scores.classes, scores.counts, strict=True)
    ]
    return lambda width: bars.bars(rows, width=width, label=f"Predicted classes. {caption}")


def _by_number(scores: Scores, caption: str) -> Callable[[float], Markup]:
    def drawn(width: float) -> Markup:
        return model_charts.histogram(
            scores.counts,
            low=scores.low,
            high=scores.high,
            noun=scores.entity,
            width=width,
            height=200,
            label=f"How the predictions are spread. {caption}",
        )

    return drawn
