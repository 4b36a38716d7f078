"""The two prediction tables, refreshed like every other table, with a gate and a quarantine.

The history has exactly one row per entity, day and model version. The current table has the
champion's predictions for the newest day, and a challenger's for the entities of its canary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.model.declaration import ModelDecl, PredictionTable
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.write_modes import registry
from lakehouse.refresh.write_modes.rebuild import Rebuild
from lakehouse.scoring.current_predictions import CurrentPredictions
from lakehouse.scoring.decided import ReplaceDecisions
from lakehouse.scoring.live_history import LiveHistory
from lakehouse.scoring.prediction_history import PredictionHistory
from lakehouse.scoring.prediction_rules import prediction_rules

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def prediction_definitions(
    compiler: Compiler,
    model: ModelDecl,
    version: ModelVersion,
    challenger: ModelVersion | None = None,
) -> list[Definition]:
    """The definitions of both tables, for one pinned model version, and the challenger that
    ``live`` asks to be scored beside it."""
    history, current = PredictionTable.of(model)
    rules = prediction_rules(model, [model.entity, "as_of", "model_name", "model_version"])
    tables = model.features.tables
    sources = list(
        dict.fromkeys(name for table in tables for name in compiler.parts.sources_of(table))
    )
    parts = {"carry": list(model.scores.carry), **compiler.parts.protection(sources)}
    if model.task != "binary":  # the first task, which definitions do not name
        parts["task"] = model.task
    is_live = model.live.scores_challenger
    if is_live:
        parts["live"] = {"canary": model.live.canary}
    if model.scores.value is not None:
        parts["value"] = model.scores.value
    return [
        Definition(
            table=history,
            kind=LiveHistory(version, challenger) if is_live else PredictionHistory(version),
            mode=ReplaceDecisions() if is_live else registry.SNAPSHOT,
            inputs=tuple(tables),
            suite=compiler.suite(history, rules),
            parts=parts,
        ),
        Definition(
            table=current,
            kind=CurrentPredictions(version, decided=is_live),
            mode=Rebuild(),
            inputs=(history.table,),
            suite=compiler.suite(current, prediction_rules(model, [model.entity, "as_of"])),
            parts=parts,
        ),
    ]
