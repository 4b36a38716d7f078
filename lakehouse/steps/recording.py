"""Record refreshes in ``ops.runs``, with the commit and the declarations that they ran on."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from lakehouse.config.settings import Settings
from lakehouse.refresh.change_feed import count_written
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.run_record import RunRecord
from lakehouse.refresh.write_modes.registry import declared_mode
from lakehouse.storage.history import Commit
from lakehouse.storage.records import append_runs, recorded_refreshes

_recorded: set[tuple[str, str, str]] = set()
"""The refreshes (warehouse, run id, table) recorded by this process; they need no lookup."""


def record(context: RunContext) -> None:
    """Write one row to ``ops.runs`` for each refresh that is not recorded yet."""
    waiting = context.state.unrecorded
    rows = [
        RunRecord.of(
            outcome,
            run_id=context.run.run_id,
            pipeline=context.pipeline.name,
            date=context.run.end,
            start_date=context.run.start,
            step=step,
            started_at=started,
            **context.provenance,
        ).to_row()
        for step, started, outcome in waiting
    ]
    append_runs(context.tables, rows)
    _recorded.update(
        (context.tables.root(), context.run.run_id, outcome.table) for _, _, outcome in waiting
    )
    waiting.clear()


def recover(context: RunContext, tables: Iterable[str]) -> None:
    """Record the refreshes of a run that was killed between a table's commit and its record.

    The values come from the tag of the commit; ``seconds`` is NULL.
    """
    commits: dict[str, Commit] = {}
    for name in tables:
        state = context.progress.state(context.tables, name)
        commit = state.last_tagged if state else None
        if commit is None or "record" not in commit.tag:
            continue
        if (context.tables.root(), commit.tag["run_id"], name) not in _recorded:
            commits[name] = commit
    refreshes = {(str(commit.tag["run_id"]), name) for name, commit in commits.items()}
    recorded = recorded_refreshes(context.tables, refreshes) if refreshes else set()
    rows = [
        _rebuild_record(context, name, commit).to_row()
        for name, commit in commits.items()
        if (commit.tag["run_id"], name) not in recorded
    ]
    append_runs(context.tables, rows)


def _rebuild_record(context: RunContext, table: str, commit: Commit) -> RunRecord:
    tag_record = commit.tag["record"]
    inputs = {name: at["version"] for name, at in commit.tag.get("inputs", {}).items()}
    metrics = ("numTargetRowsInserted", "numTargetRowsUpdated", "numOutputRows")
    is_merge = commit.operation == "MERGE"
    written = tag_record.get("rows_written")
    if written is None:
        named = metrics[:2] if is_merge else metrics[2:]
        written = count_written(context.tables, table, commit, named)
    accepted = tag_record["rows_read"] - tag_record["rows_quarantined"]
    declared = context.pipeline.silver.get(table)
    superseded = accepted - written if declared and declared_mode(declared.write).supersedes else 0
    return RunRecord(
        run_id=commit.tag["run_id"],
        pipeline=context.pipeline.name,
        step=tag_record["step"],
        table=table,
        date=date.fromisoformat(tag_record["end"]),
        start_date=date.fromisoformat(tag_record["start"]),
        started_at=commit.timestamp or datetime.now(UTC),
        status="passed",
        seconds=None,
        rows_input=tag_record["rows_input"],
        rows_read=tag_record["rows_read"],
        rows_written=min(written, accepted),
        rows_quarantined=tag_record["rows_quarantined"],
        rows_superseded=max(superseded, 0),
        rows_rescued=tag_record.get("rows_rescued", 0),
        rows_deleted=tag_record.get("rows_deleted", 0),
        input_versions=inputs,
        output_version=commit.version,
        message="recorded later: the run ended before its record",
        git_sha=tag_record.get("git_sha"),
        conf_hash=tag_record.get("conf_hash"),
    )


def provenance(settings: Settings, folders: Sequence[Path]) -> dict[str, str | None]:
    """The git commit of the working folder, and the hash of the declarations."""
    return {"git_sha": git_sha(), "conf_hash": conf_hash(settings, folders)}


def git_sha() -> str | None:
    """The git commit of the working folder; None outside a repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def conf_hash(settings: Settings, folders: Sequence[Path]) -> str:
    """A hash of the declarations in the pipeline's ``folders``, the suites and the policy: twelve
    hexadecimal digits."""
    conf = settings.conf_dir
    suites = [conf.parent / "expectations" / folder.name for folder in folders]
    files = [
        file for place in [*folders, *suites] for file in sorted(place.rglob("*")) if file.is_file()
    ]
    digest = hashlib.sha256()
    for file in [*files, conf / "privacy.yml"]:
        if "__pycache__" not in file.parts:
            digest.update(_content(file))
    return digest.hexdigest()[:12]


def _content(file: Path) -> bytes:
    return file.name.encode() + b"\0" + (file.read_bytes() if file.is_file() else b"")
