"""Validate: report all mistakes in the declarations, with file and line, without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lakehouse.config.checks import suite_file
from lakehouse.config.pipeline import Declarations, Pipeline, read_declarations
from lakehouse.config.settings import load_settings
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.privacy.policy import Policy, kind_errors, load_policy, policy_errors
from lakehouse.quality.suites import suite_errors
from lakehouse.sources.check import check_source
from lakehouse.steps.declared_columns import DeclaredColumns, columns_of_rules


def run(conf_dir: Path, pipeline: str, *, env: str, changes: dict[str, str] | None = None) -> str:
    """Check a pipeline in an environment; returns a line that summarizes what was checked.

    Raises all mistakes at once: DeclarationErrors, or a DeclarationError for a single one. Raises
    UsageError for an unknown pipeline, environment or setting.
    """
    mistakes = Mistakes()
    with mistakes:
        load_settings(conf_dir, pipeline=pipeline, env=env, changes=changes)
    file = conf_dir / "privacy.yml"
    invalid = policy_errors(file)
    mistakes += invalid
    policy = None if invalid else load_policy(file)
    declared = read_declarations(conf_dir, pipeline)
    mistakes += collect_mistakes(declared, policy, conf_dir)
    mistakes.raise_all()
    return describe(declared.pipeline)


def collect_mistakes(declared: Declarations, policy: Policy | None, conf_dir: Path) -> Mistakes:
    """All mistakes in a pipeline's declarations; ``policy`` is None where it could not be read."""
    mistakes = Mistakes(declared.mistakes)
    if policy is not None:
        for bronze in declared.pipeline.bronze.values():
            mistakes += kind_errors(policy, declared.documents[bronze.table])
    for bronze in declared.pipeline.bronze.values():
        with mistakes:
            mistakes += check_source(bronze)
    columns = DeclaredColumns(declared, policy)
    columns.check()
    mistakes += columns.mistakes
    mistakes += _suites(declared.pipeline, conf_dir, columns)
    return mistakes


def describe(pipeline: Pipeline) -> str:
    """``retail: 13 tables, 12 suites, 1 model: no mistakes``."""
    counts = {
        "table": len(pipeline.tables()),
        "suite": sum(1 for table in pipeline.computed().values() if table.expectations),
        "model": int(pipeline.model is not None),
    }
    parts = [
        f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count
    ]
    return f"{pipeline.name}: {', '.join(parts) or 'no tables'}: no mistakes"


def _suites(
    pipeline: Pipeline, conf_dir: Path, outputs: DeclaredColumns
) -> Iterator[DeclarationError]:
    for table in pipeline.computed().values():
        file = suite_file(conf_dir, table)
        if table.expectations and file.is_file():  # a missing file is reported with the declaration
            known = columns_of_rules(outputs, table)
            yield from suite_errors(file, columns=known)
