"""A newly registered version meets the champion: the decision, and carrying it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import LakehouseError, UsageError
from lakehouse.ml.common_holdout import common_holdout, load_entrant, score_entrant
from lakehouse.ml.promotion import Decision, decide
from lakehouse.ml.promotion_journal import DecisionLog, carry_out
from lakehouse.ml.registry import champion
from lakehouse.ml.slices.examine import measure_slices, metric_of
from lakehouse.ml.slices.gate import describe_gate
from lakehouse.ml.tasks.registry import task_of
from lakehouse.refresh.promotions import Action, Promotion, Signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlflow.entities.model_registry import ModelVersion

FIRST = "the first model that passed its gates"


def challenge(
    version: ModelVersion,
    frame: pd.DataFrame,
    model: ModelDecl,
    *,
    horizon_days: int,
    log: DecisionLog,
    signed: Signature,
    draws: int = 1000,
) -> Decision:
    """Decide on a new version, move the aliases and record the decision.

    The first version of a model becomes the champion. Raises LakehouseError where the champion
    cannot be compared, such as for inputs that are gone: the version then stays challenger, and
    that is recorded too.
    """
    current = champion(version.name)
    before = int(current.version) if current else None
    failure: LakehouseError | None = None
    try:
        decision = (
            Decision(True, (FIRST,))
            if current is None
            else meet(
                current,
                version,
                frame,
                model,
                horizon_days=horizon_days,
                earlier=log.read(version.name),
                draws=draws,
            )
        )
    except LakehouseError as error:
        failure = error
        decision = Decision(False, (_no_comparison(error),))
    action: Action = "promote" if decision.promoted else "keep"
    number, reason = int(version.version), decision.describe()
    carry_out(
        Promotion(version.name, action, before, number, reason, signed, decision.numbers), log
    )
    if failure is not None:
        raise _stays_challenger(version, failure)
    return decision


def meet(
    champion: ModelVersion,
    challenger: ModelVersion,
    frame: pd.DataFrame,
    model: ModelDecl,
    *,
    horizon_days: int,
    earlier: Iterable[Promotion] = (),
    draws: int = 1000,
) -> Decision:
    """Compare two registered versions on their common hold-out rows of a training frame.

    ``earlier`` are the decisions so far: each that was made on a day of this hold-out makes the
    next one harder. Raises UsageError or RunFailed where a comparison is not possible.
    """
    entrants = [load_entrant(version) for version in (champion, challenger)]
    rows = common_holdout(frame, model, entrants, horizon_days=horizon_days)
    first, last = str(rows["as_of"].min()), str(rows["as_of"].max())
    labels = task_of(model.task).labels(rows[model.label_column])
    if labels is None:
        raise UsageError(f"the labels do not fit task: {model.task}", where=model.label)
    old, new = (score_entrant(entrant, rows) for entrant in entrants)
    others = frame[~frame[model.entity].isin(rows[model.entity])]
    labelled = rows.assign(**{model.label_column: labels})
    gate, gated = model.gates.slices, dict[str, object]()
    faults: list[str] = []
    if gate is not None:
        sliced = measure_slices(others, labelled, new.scores, model, draws=draws)
        described = {} if sliced is None else describe_gate(sliced, gate, metric_of(gate, model))
        faults, gated = described.get("failed", []), {"slices": described} if described else {}
    decision = decide(
        labels,
        rows[model.entity].to_numpy(),
        old,
        new,
        metric=model.metric,
        task=model.task,
        min_gain=model.promotion.min_gain,
        meeting=1 + sum(_shares_a_day(done, first, last) for done in earlier),
        faults=faults,
        draws=draws,
    )
    further: dict[str, object] = {"first_day": first, "last_day": last}
    return Decision(decision.promoted, decision.reasons, decision.numbers | further | gated)


def _shares_a_day(done: Promotion, first: str, last: str) -> bool:
    begins, ends = (str(done.numbers.get(f"{end}_day") or "") for end in ("first", "last"))
    return bool(begins and ends) and begins <= last and ends >= first


def _no_comparison(error: LakehouseError) -> str:
    where = f"{error.where}: " if error.where else ""
    return f"no comparison was possible: {where}{error.message}"


def _stays_challenger(version: ModelVersion, error: LakehouseError) -> LakehouseError:
    return type(error)(
        f"it stays challenger, since {_no_comparison(error)}",
        where=f"{version.name} v{version.version}",
        hint=error.hint,
    )
