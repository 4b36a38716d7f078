"""Refreshes tables side by side, inputs first, and records each."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import TypeVar

from lakehouse.config.declarations import Table
from lakehouse.errors import LakehouseError, RunFailed
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.steps.progress import Progress
from lakehouse.steps.recording import record
from lakehouse.storage.session import is_connect, sibling

T = TypeVar("T", bound=Table)


def refresh_tables(
    lake: Lake,
    waves: Sequence[Sequence[T]],
    refresh: Callable[[Lake, T], Refresh],
    progress: Progress,
) -> list[Refresh]:
    """Refresh the tables of each wave side by side, the waves in order; then record them all.

    An error of one table does not stop the others of its wave or the next; it is in the outcome.
    """
    progress.step(lake.run.step, sum(len(wave) for wave in waves))
    outcomes: list[Refresh] = []
    started = datetime.now(UTC)
    try:
        for wave in waves:
            outcomes += _wave(lake, wave, refresh, progress)
    finally:
        record(lake, outcomes, started)
    return outcomes


def _wave(
    lake: Lake, wave: Sequence[T], refresh: Callable[[Lake, T], Refresh], progress: Progress
) -> list[Refresh]:
    threads = 1 if is_connect(lake.spark) else min(lake.settings.threads, max(len(wave), 1))
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_one, lake, table, refresh, progress) for table in wave]
        return [future.result() for future in as_completed(waiting)]


def _one(
    lake: Lake, table: T, refresh: Callable[[Lake, T], Refresh], progress: Progress
) -> Refresh:
    return _timed(lake, table.table, lambda own: refresh(own, table), progress)


def refresh_one_by_one(
    lake: Lake, work: Sequence[tuple[str, Callable[[Lake], Refresh]]], progress: Progress
) -> list[Refresh]:
    """Refresh named tables in order; a failure ends it. Then record them all."""
    progress.step(lake.run.step, len(work))
    outcomes: list[Refresh] = []
    started = datetime.now(UTC)
    try:
        for name, refresh in work:
            outcomes.append(_timed(lake, name, refresh, progress))
            if outcomes[-1].status == "failed":
                break
    finally:
        record(lake, outcomes, started)
    return outcomes


def _timed(
    lake: Lake, name: str, refresh: Callable[[Lake], Refresh], progress: Progress
) -> Refresh:
    progress.started(name)
    begin = time.monotonic()
    try:
        outcome = refresh(lake.on(sibling(lake.spark)))
    except LakehouseError as error:
        outcome = Refresh(name, status="failed", message=str(error), error=error)
    except Exception as problem:
        outcome = Refresh(name, status="failed", error=_unexpected(name, problem))
        outcome.message = str(outcome.error)
    outcome.seconds = round(time.monotonic() - begin, 3)
    progress.done(outcome)
    return outcome


def _unexpected(table: str, problem: Exception) -> RunFailed:
    """An error that nobody foresaw. Its own text may hold values of rows, so it is not shown."""
    condition = getattr(problem, "getCondition", lambda: None)() or type(problem).__name__
    error = RunFailed(
        f"the refresh failed: {condition}",
        where=table,
        hint="--debug shows the whole error; the same command can be run again",
    )
    error.__cause__ = problem
    return error
