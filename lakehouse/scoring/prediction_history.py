"""The history of predictions: each day's features, scored by one pinned model version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from lakehouse.config.model.declaration import ModelDecl, PredictionTable
from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch, DayBatch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.snapshot import Snapshot
from lakehouse.scoring.day_features import features_of
from lakehouse.scoring.expected_value import add_expected_value, carried_for
from lakehouse.scoring.features_definition import refuse_other_features
from lakehouse.scoring.prediction_rules import refuse_other_task
from lakehouse.scoring.score import score
from lakehouse.scoring.score_gate import refuse_other_scores

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


class PredictionHistory(Snapshot):
    """Grain: one row per entity, day and model version."""

    name = "prediction history"

    def __init__(self, version: ModelVersion) -> None:
        self.version = version

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The run's days, unless all of them were scored from the same features.

        Raises DeclarationError for a model of another task than is declared, and for features of
        another definition than those that it was trained on.
        """
        refuse_other_task(model_of(definition), self.version, context.command("train"))
        batch = super().read_new(context, definition, full=full)
        if isinstance(batch, DayBatch):
            features = model_of(definition).features
            refuse_other_features(context, features, batch.days, self.version)
        return batch

    def days(self, definition: Definition, run: Run) -> list[date]:
        """The run's business days, without a horizon."""
        return list(run.days())

    def marks(self, definition: Definition) -> Mapping[str, Any]:
        """The model version, so that another version scores the same days again."""
        return {"model": [self.version.name, int(self.version.version)]}

    def scope(self, definition: Definition, days: Sequence[date]) -> str:
        """The predicate of the rows of these days and this version."""
        name, version = self.version.name, int(self.version.version)
        by_version = f"model_name = '{name}' AND model_version = {version}"
        return f"{super().scope(definition, days)} AND {by_version}"

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """Score the features of the days."""
        if not isinstance(batch, DayBatch):
            raise RunFailed("predictions need a batch of days", where=definition.name)
        model = model_of(definition)
        scored = self.score(features_of(context, model.features, batch), model, batch)
        return add_expected_value(scored, model.scores)

    def score(self, features: DataFrame, model: ModelDecl, batch: DayBatch) -> DataFrame:
        """The predictions for these features, with the columns that are carried."""
        return score(features, self.version, entity=model.entity, carry=carried_for(model.scores))

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Evaluate the rules, then compare the accepted scores with training. Raises GateFailed."""
        checked = super().check(context, definition, batch, rows)
        model = model_of(definition)
        is_checked = model.gates.check_scores and not checked.verdict.stopped
        if is_checked and isinstance(batch, DayBatch):
            features = features_of(context, model.features, batch)
            refuse_other_scores(checked.rows, features, self.version, model.gates)
        return checked

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The predictions for the run's last day."""
        now = context.progress.positions(context.tables, definition.inputs)
        if not now:
            raise RunFailed(f"waits for {definition.inputs[0]}", where=definition.name)
        days = self.days(definition, context.run)[-1:]
        return self.transform(context, definition, self.day_batch(context, definition, days, now))


def model_of(definition: Definition) -> ModelDecl:
    """The model that writes the table. Raises RunFailed for a table of another kind."""
    if not isinstance(definition.table, PredictionTable):
        raise RunFailed("not a table of predictions", where=definition.name)
    return definition.table.model
