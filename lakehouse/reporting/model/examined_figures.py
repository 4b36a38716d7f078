"""The figures of slices, days and errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from markupsafe import Markup

from lakehouse.reporting.charts.figure import Figure, listing, responsive
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.data import Interval
from lakehouse.reporting.model import charts as model_charts
from lakehouse.reporting.model.curve_chart import curve_chart
from lakehouse.reporting.model.examined import Curve, Examined, PartRow, WorstRow
from lakehouse.reporting.model.metric_names import METRIC_NAMES
from lakehouse.reporting.monitored import charts as time_charts
from lakehouse.reporting.monitored.series import PerformanceSeries
from lakehouse.reporting.numbers import compact, count, exact, long_day, share

MOST_SLICES = 24


def figures_of_curves(examined: Examined | None) -> Iterator[Figure]:
    """Gain and lift, and the metric by day."""
    if examined is None:
        return
    if examined.gain:
        yield _gain(examined.gain)
    if examined.lift:
        yield _lift(examined.lift)
    if len(examined.days) > 1:
        yield _days(examined)


def figures_of_errors(examined: Examined | None) -> Iterator[Figure]:
    """Declared slices, the worst slices and the most confident mistakes."""
    if examined is None:
        return
    if any(examined.metric in part.metrics for part in examined.slices):
        yield _slices(examined)
    yield _worst(examined)
    if examined.mistakes:
        yield _mistakes(examined)


def _gain(curves: tuple[Curve, ...]) -> Figure:
    tenth, third = (_at(curves[-1], x) for x in (0.1, 0.3))
    caption = (
        f"The tenth with the highest scores has {share(tenth, 1)} of all events, the top 30 % "
        f"{share(third, 1)}. Dashed: without a model."
    )
    drawn = curve_chart(
        curves,
        diagonal=True,
        axis="share of rows, highest scores first",
        number=lambda value: share(value, 1) if value else "0 %",
        label=f"Gain. {caption}",
    )
    return Figure("Gain: events among the highest scores", caption, drawn)


def _lift(curves: tuple[Curve, ...]) -> Figure:
    tenth = _at(curves[-1], 0.1)
    caption = (
        f"Events are {compact(round(tenth, 2))} times as frequent in the tenth with the highest "
        "scores as in all rows. Dashed: without a model."
    )
    drawn = curve_chart(
        curves,
        level=1.0,
        axis="share of rows, highest scores first",
        number=compact,
        label=f"Lift. {caption}",
    )
    return Figure("Lift of the highest scores", caption, drawn)


def _at(curve: Curve, x: float) -> float:
    return min(curve.points, key=lambda point: abs(point[0] - x))[1]


def _days(examined: Examined) -> Figure:
    words = "; ".join(time_charts.interval_words(point) for point in examined.days)
    title = f"{_name(examined.metric)} by day of the test"
    caption = "A point is one day, with its 95 % interval. A model that holds has no trend."
    series = PerformanceSeries(examined.metric, examined.days)
    drawn = time_charts.with_interval(
        series, width=float(NARROW), height=220, label=f"{title}. {words}"
    )
    return Figure(title, caption, drawn)


def _slices(examined: Examined) -> Figure:
    metric = examined.metric
    known = [part for part in examined.slices if metric in part.metrics][:MOST_SLICES]
    whole = examined.whole
    rows: list[Interval] = [part.metrics[metric] for part in known]
    mark = whole.metrics[metric].value if whole is not None and metric in whole.metrics else None
    if whole is not None and mark is not None:
        rows = [replace(whole.metrics[metric], chosen=True), *rows]
    title = f"{_name(metric)} by slice"
    words = "; ".join(model_charts.interval_words(row) for row in rows)

    def drawn(width: float) -> Markup:
        return model_charts.intervals(rows, width=width, mark=mark, label=f"{title}. {words}")

    body = responsive(drawn) + _numbers_of_slices(examined)
    return Figure(title, _caption_of_slices(examined), body, wide=True)


def _caption_of_slices(examined: Examined) -> str:
    caption = "Rows of the test by declared slice, with 95 % intervals. Dashed: all of the test."
    if examined.hidden:
        caption += (
            f" {count(examined.hidden, 'slice')} of fewer than {examined.fewest} customers "
            f"{'is' if examined.hidden == 1 else 'are'} not shown."
        )
    if examined.max_gap is not None:
        caption += (
            f" Gate: in no slice is {_name(examined.gated, start=False)} certainly worse by more "
            f"than {examined.max_gap:g}."
        )
    return caption


def _numbers_of_slices(examined: Examined) -> Markup:
    parts = [part for part in (examined.whole, *examined.slices) if part is not None]
    names = list(dict.fromkeys(name for part in parts for name in part.metrics))
    head = ("slice", "customers", "rows", *(_name(name, start=False) for name in names))
    rows = [
        (
            part.label,
            exact(part.customers),
            exact(part.rows),
            *(_with_interval(part, name) for name in names),
        )
        for part in parts
    ]
    table = listing(head, rows, set(range(1, len(head))))
    return tag("details", tag("summary", "Numbers"), table)


def _with_interval(part: PartRow, name: str) -> str:
    known = part.metrics.get(name)
    return "–" if known is None else model_charts.interval_words(replace(known, label=""))


def _worst(examined: Examined) -> Figure:
    title = "Where the model errs most"
    looked = f"{count(examined.searched, 'slice')} of one or two features"
    if not examined.worst:
        caption = (
            f"{looked} were compared on half of the test's customers. None that looked bad there "
            "was confirmed on the other half."
        )
        return Figure(title, caption, Markup(""))
    caption = (
        f"{looked} were compared on half of the test's customers by their mean {examined.loss}; "
        "these were confirmed on the other half, whose figures are shown."
    )
    head = ("slice", "customers", "error", "elsewhere", "its scores")
    rows = [
        (
            found.label,
            exact(found.customers),
            f"{found.loss:.3g}",
            f"{found.elsewhere:.3g}",
            _verdict(found),
        )
        for found in examined.worst
    ]
    return Figure(title, caption, listing(head, rows, {1, 2, 3}), wide=True)


def _verdict(found: WorstRow) -> str:
    """Whether the scores of the slice say themselves that it is hard."""
    if found.excess is None or found.excess.low is None:
        return "–"
    return "are too certain" if found.excess.low > 0 else "say that it is hard"


def _mistakes(examined: Examined) -> Figure:
    caption = "The largest of each kind on the test, one per customer, by token."
    if not any(found.entity for found in examined.mistakes):
        caption = "The largest of each kind on the test. Keys that are not tokens are not shown."
    rows = [
        (found.kind, found.predicted, found.label, _day(found.day), found.entity or "–")
        for found in examined.mistakes
    ]
    table = listing(("mistake", "predicted", "came true", "day", "token"), rows, {1, 2})
    body = tag("details", tag("summary", count(len(rows), "mistake")), table)
    return Figure("The most confident mistakes", caption, body, wide=True)


def _day(text: str) -> str:
    return long_day(date.fromisoformat(text))


def _name(metric: str, *, start: bool = True) -> str:
    name = METRIC_NAMES.get(metric, metric)
    return f"{name[:1].upper()}{name[1:]}" if start else name
