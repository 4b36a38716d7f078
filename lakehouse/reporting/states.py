"""How each table stands: when it was last refreshed, whether that is fresh, and its last days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.reporting.data import DeclaredTable, ReportData, RuleResult, RunRow

STEPS = ("ingest", "refine", "aggregate", "features", "train", "score", "monitor")
BY_DAY = ("ingest", "refine", "aggregate", "features", "score")
DAYS = 14


@dataclass(frozen=True)
class TableState:
    """``state`` is fresh, stale, failed or never; ``behind`` the days since the newest day.

    ``newest`` is the newest refresh, ``loaded`` the newest that wrote rows; ``cells`` the status
    of each of the last days.
    """

    table: str
    step: str
    description: str
    state: str
    behind: int
    newest: RunRow | None
    loaded: RunRow | None
    cells: tuple[tuple[date, str], ...]

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        """The rules that were not met in the newest refresh."""
        return tuple(r for r in self.newest.rules if not r.ok) if self.newest else ()


def table_states(data: ReportData) -> list[TableState]:
    """One state for each table and step, in the order of the steps; declared but never run too."""
    runs: dict[tuple[str, str], list[RunRow]] = {}
    for run in data.runs:
        if run.step in STEPS:
            runs.setdefault((run.step, run.table), []).append(run)
    declared = {(table.step, table.name): table for table in data.tables}
    order = sorted({*runs, *declared}, key=lambda key: (STEPS.index(key[0]), key[1]))
    return [_state(key, runs.get(key, []), declared.get(key), data.newest_day) for key in order]


def _state(
    key: tuple[str, str],
    runs: Sequence[RunRow],
    declared: DeclaredTable | None,
    newest_day: date | None,
) -> TableState:
    step, table = key
    newest = max(runs, key=_when, default=None)
    done = [run for run in runs if run.status != "failed"]
    loaded = max((run for run in done if run.rows_written), key=_when, default=None)
    last = max((run.date for run in done), default=None)
    behind = (newest_day - last).days if newest_day and last else 0
    state = "fresh" if newest else "never"
    if newest and newest.status == "failed":
        state = "failed"
    elif newest and behind > 0 and step in BY_DAY:
        state = "stale"
    about = declared.description if declared else ""
    return TableState(table, step, about, state, behind, newest, loaded, _cells(runs, newest_day))


def _when(run: RunRow) -> tuple[str, date, str]:
    return (run.started_at.isoformat() if run.started_at else "", run.date, run.run_id)


def _cells(runs: Iterable[RunRow], newest_day: date | None) -> tuple[tuple[date, str], ...]:
    if newest_day is None:
        return ()
    ordered = sorted(runs, key=_when, reverse=True)
    days = [newest_day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return tuple(
        (day, next((run.status for run in ordered if run.covers(day)), "")) for day in days
    )
