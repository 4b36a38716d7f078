"""Open a run's context: settings, policy, declarations, then the Spark session."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.config.pipeline import read_declarations
from lakehouse.config.settings import load_settings
from lakehouse.errors import Mistakes
from lakehouse.privacy.keys import check_reference
from lakehouse.privacy.policy import kind_errors, load_policy, policy_errors
from lakehouse.refresh.context import Run, RunContext
from lakehouse.steps.recording import provenance
from lakehouse.steps.validate import collect_mistakes
from lakehouse.storage.session import start_session


def open_context(
    *,
    pipeline: str,
    env: str,
    conf_dir: Path,
    changes: Mapping[str, str],
    run: Run,
    spark: SparkSession | None = None,
) -> RunContext:
    """Open a pipeline in an environment for ``run``.

    Raises UsageError or DeclarationError for files that cannot be read, before a session starts.
    Mistakes in the SQL, the keys and the suites of tables are raised by the step that refreshes
    them.
    """
    settings = load_settings(conf_dir, pipeline=pipeline, env=env, changes=dict(changes))
    if settings.privacy_key is not None:
        check_reference(settings.privacy_key, where=f"{conf_dir}/{env}.yml")
    mistakes = Mistakes(policy_errors(conf_dir / "privacy.yml"))
    mistakes.raise_all()
    policy = load_policy(conf_dir / "privacy.yml")
    declarations = read_declarations(conf_dir, pipeline)
    declarations.mistakes.raise_all()
    for document in declarations.documents_of_bronze():
        mistakes += kind_errors(policy, document)
    mistakes.raise_all()
    places = (settings.landing, settings.warehouse)
    session = start_session(conf_dir, places) if spark is None else lambda: spark
    found = tuple(collect_mistakes(declarations, policy, conf_dir))
    origin = provenance(settings, declarations.pipeline.folders)
    return RunContext(session(), settings, declarations.pipeline, policy, run, origin, found)


def new_run(
    step: str,
    start: date,
    end: date,
    *,
    full_refresh: bool = False,
    accept_change: bool = False,
    drop_orphans: bool = False,
) -> Run:
    """A run with a unique id that sorts by start time."""
    run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    return Run(run_id, step, start, end, full_refresh, accept_change, drop_orphans)
