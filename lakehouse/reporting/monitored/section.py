"""The figures of drift and performance, and what the top of the page says of them."""

from __future__ import annotations

from markupsafe import Markup

from lakehouse.reporting.charts.figure import Figure, listing, responsive
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.model.metric_names import METRIC_NAMES
from lakehouse.reporting.monitored import charts
from lakehouse.reporting.monitored.series import DriftSeries, Monitored, PerformanceSeries
from lakehouse.reporting.numbers import count, short_day

MOST_COLUMNS = 20
_NAMES = {
    **METRIC_NAMES,
    "label_rate": "rate of the label",
    "accuracy": "accuracy",
    "mean_error": "mean error",
    "label_mean": "mean label",
}


def figures_of_monitoring(monitored: Monitored | None) -> list[Figure]:
    """PSI over time for each column, then each metric over time with its interval."""
    if monitored is None:
        return []
    whole = [series for series in monitored.drift if series.segment is None]
    inside = [series for series in monitored.drift if series.segment is not None]
    figures = [
        _drift(monitored, series, title)
        for series, title in ((whole, "Drift over time"), (inside, "Drift within segments"))
        if series
    ]
    return [*figures, *(_performance(series) for series in monitored.performance)]


def _drift(monitored: Monitored, drift: list[DriftSeries], title: str) -> Figure:
    ranked = sorted(drift, key=lambda series: (-series.highest, series.name))
    shown = ranked[:MOST_COLUMNS]
    caption = (
        f"Population stability index against the training of version {monitored.version}, newest "
        f"on the right. Dashed: {monitored.warn:g} (warning) and {monitored.alarm:g} (alarm)."
    )
    if len(ranked) > len(shown):
        caption += f" The {len(shown)} largest of {count(len(ranked), 'column')}."
    words = "; ".join(f"{s.name} {s.newest.psi:.2f} ({s.newest.level})" for s in shown)

    def drawn(width: float) -> Markup:
        return charts.drift_rows(
            shown,
            warn=monitored.warn,
            alarm=monitored.alarm,
            width=width,
            label=f"{title}. Newest: {words}",
        )

    return Figure(title, caption, responsive(drawn) + _numbers(ranked), wide=True)


def _numbers(ranked: list[DriftSeries]) -> Markup:
    rows = [
        (
            series.name,
            short_day(series.newest.day),
            f"{series.newest.psi:.3f}",
            series.newest.level,
            f"{series.highest:.3f}",
        )
        for series in ranked
    ]
    table = listing(("column", "newest day", "PSI", "level", "highest PSI"), rows, {2, 4})
    return tag("details", tag("summary", "Numbers"), table)


def _performance(series: PerformanceSeries) -> Figure:
    name = _NAMES.get(series.metric, series.metric)
    name = name[:1].upper() + name[1:]
    newest = charts.interval_words(series.points[-1])
    caption = f"Predictions of a day, once their labels are known. {newest}."
    if series.holdout is not None:
        low, high = series.holdout
        caption += f" Dashed: its interval on the hold-out at training, {low:.3g} to {high:.3g}."
    drawn = charts.with_interval(series, width=float(NARROW), height=200, label=f"{name}. {newest}")
    return Figure(f"{name} over time", caption, drawn)
