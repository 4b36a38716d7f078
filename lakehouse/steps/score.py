"""Score: the champion's predictions into silver and gold, and the gold tables that read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lakehouse.config.declarations import ModelDecl
from lakehouse.layers import gold
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh, skipped
from lakehouse.ml.predictions import into_current, into_history
from lakehouse.ml.registry import champion, tracking
from lakehouse.steps.choosing import waves
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.running import refresh_one_by_one, refresh_tables
from lakehouse.steps.train import declared_model

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """Score the run's days with the champion, resolved once; skipped where there is none."""
    model = declared_model(lake)
    progress = progress or Quiet()
    with tracking(lake.settings.mlflow):
        version = champion(f"{lake.pipeline.name}_{model.model}")
        outcomes = refresh_one_by_one(lake, _predictions(model, version), progress)
    if version is None:
        return outcomes
    late = waves(lake.pipeline.gold_in_order(after_scoring=True))
    return outcomes + (refresh_tables(lake, late, gold.refresh, progress) if late else [])


Work = tuple[str, Callable[[Lake], Refresh]]


def _predictions(model: ModelDecl, version: ModelVersion | None) -> list[Work]:
    if version is None:
        hint = "no champion yet: run `lakehouse train` first"
        return [(model.scores.history, lambda _: skipped(model.scores.history, hint))]
    return [
        (model.scores.history, lambda lake: into_history(lake, model, version)),
        (model.scores.current, lambda lake: into_current(lake, model, version)),
    ]
