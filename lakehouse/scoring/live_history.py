"""The history where a challenger is tried on live data: scored beside the champion (see
``decided``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import GateFailed, LakehouseError
from lakehouse.ml.registry import CHALLENGER, CHAMPION
from lakehouse.refresh.batch import Batch, DayBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.snapshot import Snapshot
from lakehouse.refresh.progress import Position
from lakehouse.scoring.day_features import features_of
from lakehouse.scoring.decided import CHALLENGER_MARK, decide
from lakehouse.scoring.expected_value import carried_for
from lakehouse.scoring.features_definition import refuse_other_features
from lakehouse.scoring.prediction_history import PredictionHistory, model_of
from lakehouse.scoring.prediction_rules import refuse_other_task
from lakehouse.scoring.roles import ROLE
from lakehouse.scoring.score_both import score_both
from lakehouse.storage.failures import unexpected_error

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


class LiveHistory(PredictionHistory):
    """Grain: one row per entity, day and model version; exactly one per entity and day decides."""

    newest_only = True

    def __init__(self, version: ModelVersion, challenger: ModelVersion | None) -> None:
        super().__init__(version)
        self.challenger = challenger

    def marks(self, definition: Definition) -> Mapping[str, Any]:
        """The versions of both. A challenger that was left out is tried again by the next run."""
        number = int(self.challenger.version) if self.challenger else None
        return {**super().marks(definition), CHALLENGER_MARK: number}

    def scope(self, definition: Definition, days: Sequence[date]) -> str:
        """The predicate of all rows of these days by any version of the model."""
        return f"{Snapshot.scope(self, definition, days)} AND model_name = '{self.version.name}'"

    def day_batch(
        self,
        context: RunContext,
        definition: Definition,
        days: Sequence[date],
        now: Mapping[str, Position],
    ) -> DayBatch:
        """The batch of these days; without a challenger that cannot score them, with an alert."""
        batch = super().day_batch(context, definition, days, now)
        if self.challenger is None:
            return batch
        try:
            self._try_challenger(self.challenger, context, definition, batch)
        except LakehouseError as error:
            alert = _left_out(self.challenger, error)
            return replace(batch, tag={**batch.tag, CHALLENGER_MARK: None}, alerts=(alert,))
        return batch

    def _try_challenger(
        self, version: ModelVersion, context: RunContext, definition: Definition, batch: DayBatch
    ) -> None:
        """Raise LakehouseError where the challenger cannot score the batch; nothing is computed."""
        model = model_of(definition)
        refuse_other_task(model, version, context.command("train"))
        refuse_other_features(context, model.features, batch.days, version)
        features = features_of(context, model.features, batch)
        PredictionHistory(version).score(features, model, batch)

    def score(self, features: DataFrame, model: ModelDecl, batch: DayBatch) -> DataFrame:
        """The predictions of both versions, or of the champion alone, with their role."""
        if self.challenger is None or batch.tag[CHALLENGER_MARK] is None:
            scored = super().score(features, model, batch)
            at = scored.columns.index("model_version") + 1
            role = F.lit(CHAMPION).alias(ROLE)
            return scored.select(*scored.columns[:at], role, *scored.columns[at:])
        return score_both(
            features,
            self.version,
            self.challenger,
            entity=model.entity,
            carry=carried_for(model.scores),
        )

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """The rules and the gate, for each version by itself. A challenger that does not pass them
        is left out, with an alert; only the champion stops the write."""
        if self.challenger is None or batch.tag[CHALLENGER_MARK] is None:
            return self._decide(definition, super().check(context, definition, batch, rows))
        try:
            rows = context.keep(rows)
            champion = super().check(context, definition, batch, _by(rows, CHAMPION))
        except LakehouseError:
            raise
        except Exception as problem:  # A challenger can end a worker, in which both are scored.
            unexpected = unexpected_error(definition.name, problem)
            return self._check_alone(context, definition, batch, self.challenger, unexpected)
        if champion.verdict.stopped:
            return champion
        try:
            challenger = PredictionHistory(self.challenger).check(
                context, definition, batch, _by(rows, CHALLENGER)
            )
            if challenger.verdict.stopped:
                raise GateFailed(challenger.verdict.message(definition.name))
        except LakehouseError as error:
            return self._decide(definition, champion, alert=_left_out(self.challenger, error))
        return self._decide(definition, champion, challenger)

    def _check_alone(
        self,
        context: RunContext,
        definition: Definition,
        batch: Batch,
        version: ModelVersion,
        error: LakehouseError,
    ) -> Checked:
        """Score and check the champion alone, after both together have failed."""
        alone = replace(batch, tag={**batch.tag, CHALLENGER_MARK: None})
        rows = self.transform(context, definition, alone)
        champion = super().check(context, definition, alone, rows)
        return self._decide(definition, champion, alert=_left_out(version, error))

    def _decide(
        self,
        definition: Definition,
        champion: Checked,
        challenger: Checked | None = None,
        *,
        alert: str = "",
    ) -> Checked:
        """One result for the write: the counts of both, the results of the champion's rules."""
        if champion.verdict.stopped:
            return champion
        model = model_of(definition)
        accepted = decide(
            champion.rows,
            challenger.rows if challenger else None,
            entity=model.entity,
            share=model.live.canary,
            model=self.version.name,
        )
        if challenger is None:
            alerts = [alert] if alert else []
            return replace(champion, accepted=accepted, alerts=alerts, tag={CHALLENGER_MARK: None})
        return replace(_join(champion, challenger), accepted=accepted)


def _by(rows: DataFrame, role: str) -> DataFrame:
    return rows.where(F.col(ROLE) == F.lit(role))


def _join(champion: Checked, challenger: Checked) -> Checked:
    """The counts and the rejected rows of both, with the results of the champion's rules."""
    old, new = champion.verdict, challenger.verdict
    rejected = [side.rejected for side in (champion, challenger) if side.rejected is not None]
    return replace(
        champion,
        rejected=reduce(DataFrame.unionByName, rejected) if rejected else None,
        verdict=replace(
            old,
            rows_read=old.rows_read + new.rows_read,
            rows_quarantined=old.rows_quarantined + new.rows_quarantined,
        ),
        reasons=list(dict.fromkeys([*champion.reasons, *challenger.reasons])),
    )


def _left_out(version: ModelVersion, error: LakehouseError) -> str:
    """The alert for a challenger that cannot be scored."""
    why = error.message.splitlines()[0]
    return f"the challenger v{version.version} was left out, and the champion alone scored: {why}"
