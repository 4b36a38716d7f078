"""The figures of drift and performance, and what the top of the page says of them."""

from __future__ import annotations

from markupsafe import Markup

from lakehouse.reporting.charts.figure import Figure, listing, responsive
from lakehouse.reporting.charts.svg import NARROW, tag
from lakehouse.reporting.monitored import charts
from lakehouse.reporting.monitored.series import DriftSeries, Monitored, PerformanceSeries
from lakehouse.reporting.numbers import count, short_day

MOST_COLUMNS = 20
_NAMES = {
    "roc_auc": "ROC AUC",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "label_rate": "Rate of the label",
}


def figures_of_monitoring(monitored: Monitored | None) -> list[Figure]:
    """PSI over time for each column, then each metric over time with its interval."""
    if monitored is None:
        return []
    figures = [_drift(monitored)] if monitored.drift else []
    return [*figures, *(_performance(series) for series in monitored.performance)]


def _drift(monitored: Monitored) -> Figure:
    ranked = sorted(monitored.drift, key=lambda series: (-series.highest, series.column))
    shown = ranked[:MOST_COLUMNS]
    caption = (
        f"Population stability index against the training of version {monitored.version}, newest "
        f"on the right. Dashed: {monitored.warn:g} (warning) and {monitored.alarm:g} (alarm)."
    )
    if len(ranked) > len(shown):
        caption += f" The {len(shown)} largest of {count(len(ranked), 'column')}."
    words = "; ".join(f"{s.column} {s.newest.psi:.2f} ({s.newest.level})" for s in shown)

    def drawn(width: float) -> Markup:
        return charts.drift_rows(
            shown,
            warn=monitored.warn,
            alarm=monitored.alarm,
            width=width,
            label=f"Drift over time. Newest: {words}",
        )

    return Figure("Drift over time", caption, responsive(drawn) + _numbers(ranked), wide=True)


def _numbers(ranked: list[DriftSeries]) -> Markup:
    rows = [
        (
            series.column,
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
    newest = charts.interval_words(series.points[-1])
    caption = f"Predictions of a day, once their labels are known. {newest}."
    drawn = charts.with_interval(
        series.points, width=float(NARROW), height=200, label=f"{name} over time. {newest}"
    )
    return Figure(f"{name} over time", caption, drawn)
