"""How each table stands: when it was last refreshed, whether that is fresh, and its last days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lakehouse.quality.results import RuleResult
from lakehouse.refresh.run_record import RunRecord
from lakehouse.reporting.data import DeclaredTable, ReportData

DAYS = 14
REFUSED = "was built with another definition"
"""How the record of a refused table begins."""
_WAITING = ("waits for ", "no champion yet")
"""How the record of a table begins that could not be refreshed for want of something else."""


@dataclass(frozen=True)
class TableState:
    """The state of one table in one step.

    ``state`` is one of

    - ``failed``: its newest refresh failed;
    - ``refused``: it may not be refreshed, because its declaration changed;
    - ``stale``: an input got rows on a day for which the table was not refreshed;
    - ``behind``: a source that was not asked for new files on the newest day;
    - ``waiting``: skipped, because something that it needs is not there;
    - ``empty``: refreshed, but never written, because nothing came in;
    - ``never``: declared, and never refreshed;
    - ``fresh``: nothing is left to do.

    ``behind`` are the days from its last refresh to the newest day. ``newest`` is the newest
    refresh, ``loaded`` the newest that wrote rows, ``read`` the newest that read any; ``cells`` the
    status of each of the last days.
    """

    table: str
    step: str
    description: str
    state: str
    behind: int
    newest: RunRecord | None
    loaded: RunRecord | None
    read: RunRecord | None
    cells: tuple[tuple[date, str], ...]

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        """The rules that the rows of the newest refresh with rows do not meet."""
        run = self.newest if self.state == "failed" else self.read
        return tuple(rule for rule in run.rules if not rule.ok) if run else ()


def table_states(data: ReportData) -> list[TableState]:
    """One state for each table and step, whether declared, refreshed or both.

    In the order of ``data.steps``; a step that is not registered any more comes last.
    """
    runs: dict[tuple[str, str], list[RunRecord]] = {}
    for run in data.runs:
        runs.setdefault((run.step, run.table), []).append(run)
    declared = {(table.step, table.name): table for table in data.tables}
    arrivals = _arrivals(data.runs)
    ranks = {step: rank for rank, step in enumerate(data.steps)}
    order = sorted({*runs, *declared}, key=lambda key: (ranks.get(key[0], len(ranks)), *key))
    daily = {table.step for table in data.tables}
    return [
        _state(key, runs.get(key, []), declared.get(key), data.newest_day, arrivals, daily)
        for key in order
    ]


def _arrivals(runs: Iterable[RunRecord]) -> dict[str, date]:
    """For each table the newest day on which rows were written to it."""
    newest: dict[str, date] = {}
    for run in runs:
        if run.rows_written:
            newest[run.table] = max(run.date, newest.get(run.table, run.date))
    return newest


def _state(
    key: tuple[str, str],
    runs: Sequence[RunRecord],
    declared: DeclaredTable | None,
    newest_day: date | None,
    arrivals: Mapping[str, date],
    daily: Collection[str],
) -> TableState:
    step, table = key
    newest = max(runs, key=_when, default=None)
    done = [run for run in runs if run.status != "failed"]
    last = max((run.date for run in done), default=None)
    is_daily = step in daily
    behind = (newest_day - last).days if newest_day and last and is_daily else 0
    return TableState(
        table=table,
        step=step,
        description=declared.description if declared else "",
        state=_name(step, newest, declared, last, behind, arrivals),
        behind=behind,
        newest=newest,
        loaded=max((run for run in done if run.rows_written), key=_when, default=None),
        read=max((run for run in done if run.rows_read), key=_when, default=None),
        cells=_cells(runs, newest_day),
    )


def _name(
    step: str,
    newest: RunRecord | None,
    declared: DeclaredTable | None,
    last: date | None,
    behind: int,
    arrivals: Mapping[str, date],
) -> str:
    if newest is None or last is None:
        return "never" if newest is None else "failed"
    if newest.status == "failed":
        return "failed"
    if newest.status == "skipped" and REFUSED in newest.message:
        return "refused"
    if newest.status == "skipped" and newest.message.startswith(_WAITING):
        return "waiting"
    if declared is not None and not declared.exists:
        return "empty"
    if behind > 0:
        if step == "ingest":
            return "behind"
        inputs = declared.inputs if declared else ()
        if any(arrivals[name] > last for name in inputs if name in arrivals):
            return "stale"
    return "fresh"


def _when(run: RunRecord) -> tuple[str, date, str]:
    return (run.started_at.isoformat() if run.started_at else "", run.date, run.run_id)


def _cells(runs: Iterable[RunRecord], newest_day: date | None) -> tuple[tuple[date, str], ...]:
    if newest_day is None:
        return ()
    ordered = sorted(runs, key=_when, reverse=True)
    days = [newest_day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return tuple(
        (day, next((run.status for run in ordered if run.covers(day)), "")) for day in days
    )
