"""The report: one HTML page that needs nothing beside it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from lakehouse.reporting import numbers
from lakehouse.reporting.charts import bars
from lakehouse.reporting.charts.figure import humanize
from lakehouse.reporting.data import ReportData
from lakehouse.reporting.gold.exhibits import exhibit
from lakehouse.reporting.model.section import figures_of_model, figures_of_scores
from lakehouse.reporting.monitored.section import figures_of_monitoring
from lakehouse.reporting.quarantine import section as quarantine
from lakehouse.reporting.runs.states import TableState, table_states
from lakehouse.reporting.runs.tiles import tiles
from lakehouse.reporting.runs.verdict import verdict, why

FILE = "index.html"


def render(data: ReportData) -> str:
    """The page. The same data give the same text; no clock and no network."""
    states = table_states(data)
    exhibits = [exhibit(table) for table in data.gold]
    return _template().render(
        data=data,
        title=humanize(data.pipeline),
        verdict=verdict(data, states),
        tiles=tiles(data, states),
        states=states,
        last=_last_run(data),
        reasons=quarantine.reasons(data),
        quarantined=quarantine.by_day(data),
        n_quarantined=quarantine.total(data),
        failed_rules=quarantine.failed_rules(data, states),
        gold=[shown for shown in exhibits if not shown.table.on_scores],
        on_scores=[shown for shown in exhibits if shown.table.on_scores],
        model_figures=figures_of_model(data.model),
        score_figures=figures_of_scores(data.scores),
        monitoring_figures=figures_of_monitoring(data.monitored),
    )


def write_report(html: str, folder: Path) -> Path:
    """Put the page at ``folder/index.html`` in one step, so that no reader sees half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".index-", suffix=".html")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(html)
        Path(draft).chmod(0o644)
        Path(draft).replace(folder / FILE)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return folder / FILE


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("lakehouse.reporting", "."),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters())
    return environment.get_template("report.html.j2")


def _filters() -> Mapping[str, Any]:
    return {
        "exact": numbers.exact,
        "count": numbers.count,
        "long_day": numbers.long_day,
        "short_day": numbers.short_day,
        "humanize": humanize,
        "strip": _strip,
        "why": why,
        "groups": _by_step,
    }


def _strip(state: TableState) -> Markup:
    cells = [
        (day, status, f"{numbers.short_day(day)}: {status or 'no run'}")
        for day, status in state.cells
    ]
    words = ", ".join(
        f"{numbers.count(sum(s == kind for _, s, _ in cells), 'day')} {kind}"
        for kind in ("passed", "skipped", "failed")
    )
    return bars.strip(cells, label=f"{state.table}, the last {len(cells)} days: {words}")


def _by_step(states: list[TableState]) -> list[tuple[str, list[TableState]]]:
    steps = dict.fromkeys(state.step for state in states)
    return [(step, [state for state in states if state.step == step]) for step in steps]


def _last_run(data: ReportData) -> str:
    """When the newest refresh started, as its record says; empty without a record."""
    times = [run.started_at for run in data.runs if run.started_at]
    return f"{max(times):%Y-%m-%d %H:%M} UTC" if times else ""
