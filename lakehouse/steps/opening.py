"""From names to a lake: settings, declarations, policy, session, each checked before the next."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.config.pipeline import load_pipeline
from lakehouse.config.settings import load_settings
from lakehouse.config.yaml_file import load
from lakehouse.layers.lake import Lake, Run
from lakehouse.privacy.policy import check_kinds, load_policy
from lakehouse.storage.session import spark_session


def open_lake(
    *,
    pipeline: str,
    env: str,
    conf_dir: Path,
    changes: Mapping[str, str],
    run: Run,
    spark: SparkSession | None = None,
) -> Lake:
    """The pipeline in an environment, ready for the steps of ``run``.

    Everything that can be refused without a session is refused before one starts. Raises
    UsageError and DeclarationError.
    """
    settings = load_settings(conf_dir, pipeline=pipeline, env=env, changes=dict(changes))
    declared = load_pipeline(conf_dir, pipeline)
    policy = load_policy(conf_dir / "privacy.yml")
    for table in declared.bronze.values():
        check_kinds(policy, load(table.file))
    return Lake(spark or spark_session(conf_dir), settings, declared, policy, run)


def new_run(step: str, start: date, end: date, *, full_refresh: bool = False) -> Run:
    """A run with an id that sorts by its start and is never given twice."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    return Run(run_id, step, start, end, full_refresh)
