"""Build the training frame of an earlier training again, and compare it by hash."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import RunFailed, UsageError
from lakehouse.ml.recorded_frame import RecordedFrame, read_recorded_frame
from lakehouse.ml.registry import tracking
from lakehouse.ml.train import describe_frame
from lakehouse.ml.training_frame import training_frame
from lakehouse.refresh.context import RunContext
from lakehouse.steps.progress import Progress
from lakehouse.steps.step import Result


def rebuild(context: RunContext, model: ModelDecl, run_id: str, progress: Progress) -> Result:
    """Read the tables at the versions that the run recorded. The result's value is the frame.

    Nothing is trained or written. Raises UsageError for an unknown run, RunFailed where a version
    is not kept any more or the frame has another hash, with what differs.
    """
    with tracking(context.settings.mlflow):
        recorded = read_recorded_frame(run_id)
    if recorded.pipeline != context.pipeline.name:
        raise UsageError(
            f"run '{run_id}' trained a model of the pipeline '{recorded.pipeline}'",
            where="--rebuild",
            hint=f"choose it with --pipeline {recorded.pipeline}",
        )
    run = replace(context.run, start=recorded.known_by, end=recorded.known_by)
    frame, rows = _read(replace(context, run=run), model, recorded)
    known_after = context.pipeline.known_after_days(model)
    described = describe_frame(rows, model, known_after)
    different = [name for name, value in recorded.digests.items() if described[name] != value]
    if different:
        raise RunFailed(
            f"the frame of run '{run_id}' is another one today: {', '.join(different)} "
            f"{'differs' if len(different) == 1 else 'differ'}",
            where=model.label_table,
            hint=_what_differs(context, recorded),
        )
    count = described["train_rows"] + described["test_rows"]
    progress.note(
        f"the frame of run {run_id} as of {recorded.known_by}: {count:,} rows, equal by hash"
    )
    return Result(value=frame)


def _read(
    context: RunContext, model: ModelDecl, recorded: RecordedFrame
) -> tuple[DataFrame, pd.DataFrame]:
    try:
        frame = training_frame(context, model, dict(recorded.versions)).frame
        return frame, frame.toPandas()
    except PySparkException as problem:
        versions = ", ".join(f"{name} version {at}" for name, at in recorded.versions.items())
        raise RunFailed(
            f"the frame of run '{recorded.run_id}' cannot be read any more: {versions}",
            where=model.label_table,
            hint="`lakehouse maintain` keeps the versions of registered models only; was the "
            "table dropped, or cleaned by other means?",
        ) from problem


def _what_differs(context: RunContext, recorded: RecordedFrame) -> str:
    changed = [
        f"{name} was {before}, is {context.provenance.get(name) or 'unknown'}"
        for name, before in recorded.made_with.items()
        if before != (context.provenance.get(name) or "")
    ]
    same = "declarations and library are those of the training: were rows changed by other means?"
    return f"{'; '.join(changed)}: use the declarations of then" if changed else same
