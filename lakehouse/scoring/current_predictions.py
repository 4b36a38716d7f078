"""The current predictions, for the newest day: those of the champion, or, where a challenger is
tried on live data, those that decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.change_feed import has_changed
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, Change, Decision
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.progress import Position
from lakehouse.scoring.roles import DECIDED, ROLE
from lakehouse.scoring.version_rows import is_by

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


class CurrentPredictions(Kind):
    """Grain: one row per entity. Scoring an earlier day again does not change the table.

    With ``decided`` the rows are those that the history marks so, the champion's or a
    challenger's.
    """

    name = "current predictions"
    day = "as_of"

    def __init__(self, version: ModelVersion, *, decided: bool = False) -> None:
        self.version = version
        self.decided = decided

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The newest day's predictions by the pinned version, unless the table has them already."""
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
        of_day = history.where(F.col("as_of") == F.lit(day))
        if of_day.where(is_by(self.version)).isEmpty():
            return NothingNew(f"a later day, {day}, was scored by another version")
        rows = self._choose(of_day)
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
        return state is not None and not has_changed(state, since.version)

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The predictions of the batch, unchanged."""
        if batch.rows is None:
            raise RunFailed("there are no predictions", where=definition.name)
        return batch.rows

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Always proceed: the table has one day and is always overwritten."""
        return PROCEED

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The newest day's predictions of the history."""
        history = context.tables.read(definition.inputs[0])
        newest = history.agg(F.max("as_of").alias("as_of"))
        return self._choose(history.join(F.broadcast(newest), "as_of", "left_semi"))

    def _choose(self, predictions: DataFrame) -> DataFrame:
        """Those of the version, or those that decide; a day that was scored before ``live`` was
        declared does not say which."""
        if not self.decided or DECIDED not in predictions.columns:
            return predictions.where(is_by(self.version)).drop(ROLE, DECIDED)
        same_model = F.col("model_name") == F.lit(self.version.name)
        chosen = F.coalesce(F.col(DECIDED), is_by(self.version))
        return predictions.where(same_model & chosen).drop(DECIDED)
