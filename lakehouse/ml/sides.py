"""The two sides of a training, checked: labels that fit the task, features that vary."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy.typing as npt
import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import TASKS
from lakehouse.errors import DeclarationError, UsageError
from lakehouse.ml.cluster_bootstrap import Floats
from lakehouse.ml.columns import Columns, as_features, columns_of
from lakehouse.ml.declared_candidates import place
from lakehouse.ml.split import Split, split
from lakehouse.ml.split_by_entity import split_by_entity
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import WEIGHT


class Side(NamedTuple):
    """One side of the split, ready for scikit-learn; ``weights`` where it is a sample."""

    features: pd.DataFrame
    labels: pd.Series
    customers: pd.Series
    days: pd.Series | None = None
    weights: Floats | None = None

    def take(self, places: npt.NDArray[Any]) -> Side:
        """The rows at these places, or those of a mask."""
        return Side(*(None if part is None else _take(part, places) for part in self))


def split_frame(frame: pd.DataFrame, model: ModelDecl, horizon_days: int) -> tuple[Columns, Split]:
    """The feature columns, and the rows of both sides; rows without a label are left out.

    ``horizon_days`` are the days after which a label is known.

    Raises DeclarationError for missing columns, labels that do not fit the task and features that
    do not vary, UsageError for sides that cannot be used.
    """
    label, task = model.label_column, task_of(model.task)
    settings: dict[str, Any] = {
        "entity": model.entity,
        "label": label,
        "test_customers": model.split.test_customers,
        "every": model.split.every,
        "problem": task.problem,
    }
    rows = _labelled(frame, model)
    if model.split.test_days is None:
        parts = split_by_entity(rows, **settings)
    else:
        settings |= {
            "test_days": model.split.test_days,
            "horizon_days": horizon_days,
            "embargo_days": model.split.embargo_days,
        }
        parts = split(rows, **settings)
    if problem := task.problem_of_sides(parts.train[label], parts.test[label]):
        raise UsageError(
            problem, hint="train with more customers, or put rare classes together in the label"
        )
    where = place(model.file, "features")
    names = model.features.columns or frame.columns.difference(
        [model.entity, "as_of", label, WEIGHT]
    )
    columns = columns_of(parts.train, names, where=where)
    _refuse_constant(as_features(parts.train, columns), where)
    return columns, parts


def side(rows: pd.DataFrame, columns: Columns, model: ModelDecl) -> Side:
    """Features, labels, customers, days and weights of one side."""
    return Side(
        as_features(rows, columns),
        rows[model.label_column],
        rows[model.entity],
        rows["as_of"],
        rows[WEIGHT].to_numpy(float) if WEIGHT in rows else None,
    )


def _take(part: Any, places: npt.NDArray[Any]) -> Any:
    return part.iloc[places] if isinstance(part, pd.DataFrame | pd.Series) else part[places]


def _labelled(frame: pd.DataFrame, model: ModelDecl) -> pd.DataFrame:
    label, where = model.label_column, place(model.file, "label")
    for name in (model.entity, "as_of", label):
        if name not in frame:
            raise DeclarationError(f"the training frame has no column '{name}'", where=where)
    rows = frame[frame[label].notna()]
    labels = task_of(model.task).labels(rows[label])
    if labels is None:
        raise label_error(model)
    return rows.assign(**{label: labels})


def label_error(model: ModelDecl) -> DeclarationError:
    """The labels are not of the form that the task needs."""
    return DeclarationError(
        f"the label '{model.label_column}' does not fit task: {model.task}, which needs "
        f"{TASKS[model.task].label}",
        where=place(model.file, "label"),
        hint="other tasks are declared in model.yml, such as task: "
        + next(name for name in TASKS if name not in ("binary", model.task)),
    )


def _refuse_constant(features: pd.DataFrame, where: str) -> None:
    """NULL counts as a value: a feature that is NULL or 3 says whether it is known."""
    empty = [name for name in features if features[name].isna().all()]
    constant = [
        name for name in features if name not in empty and features[name].nunique(dropna=False) < 2
    ]
    if not empty and not constant:
        return
    found = {"empty (NULL in every row)": empty, "constant": constant}
    text = "; ".join(
        f"{what}: {', '.join(map(str, names))}" for what, names in found.items() if names
    )
    raise DeclarationError(
        f"features that say nothing on the training side; {text}",
        where=where,
        hint="look at what computes them, or leave them out under features.columns",
    )
