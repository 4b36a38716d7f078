"""Two registered versions on the same hold-out rows, which neither was trained on."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import RunFailed, UsageError
from lakehouse.ml.artifact import ModelArtifact, load_artifact
from lakehouse.ml.columns import as_features
from lakehouse.ml.promotion import Contender
from lakehouse.ml.registry import answering
from lakehouse.ml.split import choose_days, held_out_rows
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Task
from lakehouse.ml.training_frame import DEFINITION_TAG, JOINED_TAG

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_TIMED_ROWS = 10_000


@dataclass(frozen=True)
class Entrant:
    """A registered version, loaded from its checked artifact, with what it was trained on: entities
    outside the share ``held_out``, on days up to ``trained_until``."""

    version: ModelVersion
    artifact: ModelArtifact
    held_out: float
    trained_until: date

    @property
    def label(self) -> str:
        """``shop_churn v2``."""
        return f"{self.version.name} v{self.version.version}"


def load_entrant(version: ModelVersion) -> Entrant:
    """Load a version and what its training run recorded.

    Raises RunFailed where the artifact is not the registered one, or the run is gone or does not
    say which rows were trained on.
    """
    from mlflow import MlflowClient

    artifact, label = load_artifact(version), f"{version.name} v{version.version}"
    with answering(label):
        params = MlflowClient().get_run(str(version.run_id)).data.params
    try:
        share = float(params["split_test_customers"])
        until = date.fromisoformat(params["train_last_day"])
    except (KeyError, ValueError) as error:
        raise RunFailed(
            "its training run does not say which rows it was trained on, so it cannot be compared",
            where=label,
        ) from error
    return Entrant(version, artifact, share, until)


def common_holdout(
    frame: pd.DataFrame, model: ModelDecl, entrants: Sequence[Entrant], *, horizon_days: int
) -> pd.DataFrame:
    """The labelled rows that no entrant was trained on, on the last ``split.test_days`` days.

    ``frame`` is a training frame: one row per entity and ``as_of``. An entity is held out by a hash
    of its key, so that a smaller share is part of a larger one. Days begin when the labels of all
    trainings were known (``horizon_days`` after their day), and after the embargo. Sorted by entity
    and day. Raises UsageError where there is no such row.
    """
    for entrant in entrants:
        if entrant.artifact.task != model.task:
            raise UsageError(
                f"{entrant.label} was trained for task: {entrant.artifact.task}, and the model is "
                f"declared as task: {model.task}",
                hint="promote a version of the declared task by hand",
            )
    rows = frame[frame[model.label_column].notna()]
    rows = rows.assign(as_of=pd.to_datetime(rows["as_of"]).dt.date)
    until = max(entrant.trained_until for entrant in entrants)
    first = until + timedelta(days=max(horizon_days + model.split.embargo_days, 1))
    days = _test_days(rows["as_of"], model.split.every, model.split.test_days, first)
    share = min([model.split.test_customers, *(entrant.held_out for entrant in entrants)])
    common = rows[held_out_rows(rows[model.entity], share) & rows["as_of"].isin(days)]
    if common.empty:
        raise UsageError(
            f"no hold-out row is common to {' and '.join(e.label for e in entrants)}: none has a "
            f"label on or after {first}",
            hint="run features and labels of more days first",
        )
    return common.sort_values([model.entity, "as_of"], ignore_index=True)


def _test_days(known: Iterable[date], every: int, test_days: int | None, first: date) -> list[date]:
    """The days of the hold-out from ``first`` on; all days for data without a calendar."""
    days = list(known)
    days = choose_days(days, every) if days else []
    if test_days is None:
        return days
    return [day for day in days if (days[-1] - day).days < test_days and day >= first]


def score_entrant(entrant: Entrant, rows: pd.DataFrame) -> Contender:
    """Score the rows, and measure the time per row on one core.

    Raises RunFailed for a feature that the rows do not have, or have in another type.
    """
    _refuse_missing(entrant, rows)
    model, task = entrant.artifact.model(), task_of(entrant.artifact.task)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            features = as_features(rows, entrant.artifact.columns)
            scores = task.scores(model, features)
        except (TypeError, ValueError) as error:  # Its text may hold a value of a row.
            raise RunFailed(
                f"it cannot score the features as they are now ({type(error).__name__})",
                where=entrant.label,
                hint="does a feature have another type than in its training?",
            ) from error
        many = features.iloc[np.arange(_TIMED_ROWS) % len(features)]
        # The fastest of three: whatever else runs on the machine only makes it slower.
        seconds = min(_seconds_of(task, model, many) for _ in range(3))
    tags = entrant.version.tags
    definition, joined = tags.get(DEFINITION_TAG) or "", json.loads(tags.get(JOINED_TAG) or "{}")
    return Contender(entrant.label, scores, seconds / len(many), definition, joined)


def _seconds_of(task: Task, model: Pipeline, features: pd.DataFrame) -> float:
    begin = time.perf_counter()
    task.scores(model, features)
    return time.perf_counter() - begin


def _refuse_missing(entrant: Entrant, rows: pd.DataFrame) -> None:
    for name in entrant.artifact.columns.names:
        if name not in rows:
            raise RunFailed(
                f"it needs the column '{name}', which the features do not have any more"
                f"{did_you_mean(name, rows.columns)}",
                where=entrant.label,
                hint="bring the column back, or promote a version by hand",
            )
