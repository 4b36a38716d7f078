"""The record of a step: what ran on which declarations, and what it came to."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.storage.records import append_runs


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
