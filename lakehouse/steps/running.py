"""Refreshes tables side by side, inputs first, and records each."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from lakehouse.config.declarations import Table
from lakehouse.errors import LakehouseError, RunFailed
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.storage.records import append_runs
from lakehouse.storage.session import is_connect, sibling

T = TypeVar("T", bound=Table)


class Progress(Protocol):
    """Whoever is told how a step goes; may be called from several threads."""

    def step(self, name: str, tables: int) -> None:
        """A step starts with so many tables."""

    def started(self, table: str) -> None:
        """A table's refresh starts."""

    def done(self, refresh: Refresh) -> None:
        """A table's refresh has ended."""

    def note(self, text: str) -> None:
        """Something worth a line."""


class Quiet:
    """Tells nobody."""

    def step(self, name: str, tables: int) -> None: ...

    def started(self, table: str) -> None: ...

    def done(self, refresh: Refresh) -> None: ...

    def note(self, text: str) -> None: ...


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


def record(lake: Lake, outcomes: Sequence[Refresh], started: datetime) -> None:
    """One row a refresh into ``ops.runs``."""
    shared = {
        "run_id": lake.run.run_id,
        "pipeline": lake.pipeline.name,
        "step": lake.run.step,
        "date": lake.run.end,
        "start_date": lake.run.start,
        "started_at": started,
        "git_sha": git_sha(),
        "conf_hash": conf_hash(lake),
    }
    rows = [{**shared, **_row(outcome)} for outcome in outcomes]
    append_runs(lake.tables, rows, run_id=lake.run.run_id, step=lake.run.step)


def _row(outcome: Refresh) -> dict[str, Any]:
    known = (
        "table", "status", "rows_input", "rows_read", "rows_written", "rows_quarantined",
        "rows_superseded", "output_version", "seconds",
    )  # fmt: skip
    row = {name: getattr(outcome, name) for name in known}
    row["input_versions"] = json.dumps(outcome.input_versions, sort_keys=True)
    row["message"] = "; ".join([outcome.message, *outcome.alerts]).strip("; ")
    row["rules"] = json.dumps([asdict(rule) for rule in outcome.rules], default=str)
    return row


def git_sha() -> str | None:
    """The commit of the working folder; None outside a repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def conf_hash(lake: Lake) -> str:
    """What the declarations, the rules and the policy are now: twelve hexadecimal digits."""
    conf = lake.settings.conf_dir
    folders = [lake.pipeline.folder, conf.parent / "expectations" / lake.pipeline.name]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    digest = hashlib.sha256()
    for file in [*files, conf / "privacy.yml"]:
        if "__pycache__" not in file.parts:
            digest.update(_content(file))
    return digest.hexdigest()[:12]


def _content(file: Path) -> bytes:
    return file.name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"")
