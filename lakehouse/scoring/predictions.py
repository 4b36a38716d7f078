"""The two tables of predictions, refreshed like every other table: with a gate and a quarantine.

The history holds exactly one row per entity, day and model version; the current table the newest
day's predictions by the champion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model_declaration import ModelDecl, PredictionTable
from lakehouse.config.yaml_file import shown
from lakehouse.errors import RunFailed
from lakehouse.quality import builtin
from lakehouse.refresh.batch import Batch, DayBatch, NothingNew
from lakehouse.refresh.change_feed import has_moved
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, Change, Decision
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.kinds.snapshot import Snapshot
from lakehouse.refresh.progress import Position
from lakehouse.refresh.write_modes import registry
from lakehouse.refresh.write_modes.rebuild import Rebuild
from lakehouse.scoring.features_definition import refuse_other_features
from lakehouse.scoring.score import score

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def prediction_definitions(
    compiler: Compiler, model: ModelDecl, version: ModelVersion
) -> list[Definition]:
    """The history and the current predictions, by one pinned version."""
    history, current = PredictionTable.of(model)
    where = f"{shown(model.file)}:1"
    valid = builtin.between(builtin.PROBABILITY_IS_VALID, "probability", 0, 1, where)
    keys = [model.entity, "as_of", "model_name", "model_version"]
    one_row = builtin.unique("prediction_is_unique", keys, where, "day")
    sources = compiler.parts.sources_of(model.features.table)
    parts = {"carry": list(model.scores.carry), **compiler.parts.protection(sources)}
    return [
        Definition(
            table=history,
            kind=PredictionHistory(version),
            mode=registry.SNAPSHOT,
            inputs=(model.features.table,),
            suite=compiler.suite(history, [valid, one_row]),
            parts=parts,
        ),
        Definition(
            table=current,
            kind=CurrentPredictions(version),
            mode=Rebuild(),
            inputs=(history.table,),
            suite=compiler.suite(current, [valid, one_row]),
            parts=parts,
        ),
    ]


class PredictionHistory(Snapshot):
    """Grain: one row per entity, day and model version."""

    name = "prediction history"

    def __init__(self, version: ModelVersion) -> None:
        self.version = version

    def read_new(
        self, context: RunContext, definition: Definition, *, whole: bool = False
    ) -> Batch | NothingNew:
        """The run's days, unless the newest commits of all of them have scored the same features.

        Raises DeclarationError for features that were computed by another definition than those
        that the model was trained on.
        """
        batch = super().read_new(context, definition, whole=whole)
        if isinstance(batch, DayBatch):
            refuse_other_features(context, definition.inputs[0], batch.days, self.version)
        return batch

    def days(self, definition: Definition, run: Run) -> list[date]:
        """The run's own days."""
        return list(run.days())

    def marks(self, definition: Definition) -> Mapping[str, Any]:
        """The model version: another one scores the same days again."""
        return {"model": [self.version.name, int(self.version.version)]}

    def scope(self, definition: Definition, days: Sequence[date]) -> str:
        """The rows of these days by this version."""
        name, version = self.version.name, int(self.version.version)
        by_version = f"model_name = '{name}' AND model_version = {version}"
        return f"{super().scope(definition, days)} AND {by_version}"

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The features of the days, scored."""
        if not isinstance(batch, DayBatch):
            raise RunFailed("predictions are made by days", where=definition.name)
        source, model = definition.inputs[0], _table(definition).model
        days = f"as_of >= DATE'{batch.days[0]}' AND as_of <= DATE'{batch.days[-1]}'"
        features = context.tables.read(source, batch.inputs[source].version).where(days)
        return score(features, self.version, entity=model.entity, carry=model.scores.carry)

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The run's last day, scored."""
        now = context.progress.positions(context.tables, definition.inputs)
        if not now:
            raise RunFailed(f"waits for {definition.inputs[0]}", where=definition.name)
        days = self.days(definition, context.run)[-1:]
        return self.transform(context, definition, self.day_batch(context, definition, days, now))


class CurrentPredictions(Kind):
    """Grain: one row per entity. Scoring an earlier day again leaves the current ones as they
    are."""

    name = "current predictions"
    day = "as_of"

    def __init__(self, version: ModelVersion) -> None:
        self.version = version

    def read_new(
        self, context: RunContext, definition: Definition, *, whole: bool = False
    ) -> Batch | NothingNew:
        """The newest day's predictions by the pinned version, unless they are the current ones."""
        source = definition.inputs[0]
        now = context.progress.position(context.tables, source)
        if now is None:
            return NothingNew(f"waits for {source}")
        history = context.tables.read(source, now.version)
        newest = history.agg(F.max("as_of")).first()
        day = newest[0] if newest else None
        tag = {"day": str(day), "model": [self.version.name, int(self.version.version)]}
        if day is None or self._is_current(context, definition, tag, now):
            return NothingNew("the newest day's predictions are current")
        rows = history.where((F.col("as_of") == F.lit(day)) & _by(self.version))
        if rows.isEmpty():
            return NothingNew(f"a later day, {day}, is scored by another version")
        return Batch({source: now}, why=f"the predictions of {day}", tag=tag, rows=rows)

    def _is_current(
        self, context: RunContext, definition: Definition, tag: Mapping[str, Any], now: Position
    ) -> bool:
        progress = context.progress.progress(context.tables, definition.name)
        if progress is None or any(progress.commit.tag.get(k) != v for k, v in tag.items()):
            return False
        since = progress.position(definition.inputs[0])
        if since is None or since.table_id != now.table_id:
            return False
        state = context.progress.state(context.tables, definition.inputs[0])
        return state is not None and not has_moved(state, since.version)

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The predictions as the history holds them."""
        if batch.rows is None:
            raise RunFailed("there are no predictions", where=definition.name)
        return batch.rows

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """The table holds one day, which is written whole."""
        return PROCEED

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The newest day's predictions of the history."""
        history = context.tables.read(definition.inputs[0])
        newest = history.agg(F.max("as_of").alias("as_of"))
        return history.join(F.broadcast(newest), "as_of", "left_semi").where(_by(self.version))


def _by(version: ModelVersion) -> Column:
    return (F.col("model_name") == F.lit(version.name)) & (
        F.col("model_version") == F.lit(int(version.version))
    )


def _table(definition: Definition) -> PredictionTable:
    if not isinstance(definition.table, PredictionTable):
        raise RunFailed("not a table of predictions", where=definition.name)
    return definition.table
