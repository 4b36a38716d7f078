"""Look into the hold-out result of the chosen model: by slice, by day, and where it errs most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.model.slices import ModelSliceGate
from lakehouse.config.tasks import recorded_name
from lakehouse.ml.bins import FEWEST_ENTITIES
from lakehouse.ml.columns import Columns
from lakehouse.ml.declared_candidates import place
from lakehouse.ml.slices.gate import describe_gate
from lakehouse.ml.slices.levels import SliceColumn, slice_column, slice_columns
from lakehouse.ml.slices.measure import Measurement, Part, bounds_of, measure
from lakehouse.ml.slices.mistakes import confident_mistakes
from lakehouse.ml.slices.worst import WorstSlice, WorstSlices, worst_slices
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.tasks.task import Scores

_BINS = 4
"""The levels of a column that is searched for slices; pairs have up to 16."""


@dataclass(frozen=True)
class Examination:
    """``slices`` is None where none are declared. ``loss`` names the errors by which the ``worst``
    were found; ``mistakes`` are those of ``confident_mistakes``; ``gate`` is the gate on slices
    with its result, empty without one."""

    slices: Measurement | None = None
    days: Measurement | None = None
    worst: WorstSlices = field(default_factory=WorstSlices)
    loss: str = ""
    mistakes: Sequence[Mapping[str, Any]] = ()
    gate: Mapping[str, Any] | None = None

    def files(self) -> dict[str, dict[str, Any]]:
        """What the run records: ``slices.json`` (where declared), ``stability.json`` and
        ``errors.json``."""
        files = {}
        if self.slices is not None:
            files["slices.json"] = {**_record(self.slices, "slices"), "gate": dict(self.gate or {})}
        if self.days is not None:
            files["stability.json"] = _record(self.days, "days")
            files["errors.json"] = {
                "loss": self.loss,
                "searched": self.worst.searched,
                "proposed": self.worst.proposed,
                "worst_slices": [_record_worst(found) for found in self.worst.confirmed],
                "mistakes": [dict(mistake) for mistake in self.mistakes],
            }
        return files


def examine(
    training: pd.DataFrame,
    test: pd.DataFrame,
    scores: Scores,
    columns: Columns,
    model: ModelDecl,
    *,
    importance: Mapping[str, float],
    draws: int,
) -> Examination:
    """Examine the scores of the hold-out rows ``test``, in their order.

    Levels of slices are those of the ``training`` rows. Raises DeclarationError for a slice whose
    column is not in the frame.
    """
    task, labels, customers = task_of(model.task), test[model.label_column], test[model.entity]
    days = [
        Part("day", str(day), (test["as_of"] == day).to_numpy())
        for day in sorted(test["as_of"].unique())
    ]
    parts = {"slices": _parts(training, test, model), "days": days}
    measured = measure(parts, labels, scores, customers, task=task, draws=draws)
    sliced = measured["slices"] if model.slices else None
    searched = _searched_columns(training, columns, model, importance)
    gate = model.gates.slices
    return Examination(
        slices=sliced,
        days=measured["days"],
        worst=worst_slices(
            test,
            task.row_losses(labels, scores),
            customers,
            searched,
            expected=task.expected_losses(scores),
        ),
        loss=task.row_loss,
        mistakes=confident_mistakes(task.mistakes(labels, scores), customers, test["as_of"]),
        gate=None if sliced is None else describe_gate(sliced, gate, metric_of(gate, model)),
    )


def measure_slices(
    training: pd.DataFrame, test: pd.DataFrame, scores: Scores, model: ModelDecl, *, draws: int
) -> Measurement | None:
    """The metrics of each declared slice on the rows ``test``; None without declared slices."""
    if not model.slices:
        return None
    task, labels = task_of(model.task), test[model.label_column]
    parts = {"slices": _parts(training, test, model)}
    return measure(parts, labels, scores, test[model.entity], task=task, draws=draws)["slices"]


def _parts(training: pd.DataFrame, test: pd.DataFrame, model: ModelDecl) -> list[Part]:
    where, entity = place(model.file, "slices"), model.entity
    return [
        Part(column.name, label, mask)
        for column in slice_columns(training, model.slices, entity=entity, where=where)
        for label, mask in column.slices(test)
    ]


def metric_of(gate: ModelSliceGate | None, model: ModelDecl) -> str:
    """The recorded name of the gate's metric: its own, or the model's."""
    return recorded_name((gate.metric if gate else None) or model.metric, model.task)


def _searched_columns(
    training: pd.DataFrame, columns: Columns, model: ModelDecl, importance: Mapping[str, float]
) -> list[SliceColumn]:
    """The declared slices, then the features, the most important first."""
    declared = [one.column for one in model.slices]
    ranked = sorted(columns.names, key=lambda name: -importance.get(name, 0.0))
    where = place(model.file, "features")
    return [
        slice_column(training, name, most=_BINS, entity=model.entity, where=where)
        for name in dict.fromkeys([*declared, *ranked])
    ]


def _record_worst(found: WorstSlice) -> dict[str, Any]:
    intervals = {
        "gap": bounds_of(found.gap),
        "excess": None if found.excess is None else bounds_of(found.excess),
    }
    return asdict(found) | intervals | {"name": found.name}


def _record(measured: Measurement, name: str) -> dict[str, Any]:
    return {
        "fewest_customers": FEWEST_ENTITIES,
        "hidden": measured.hidden,
        "whole": measured.whole.to_json(),
        name: [part.to_json() for part in measured.parts],
    }
