"""Predictions: the history, one row an entity, day and model version; and the current ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.config.declarations import ModelDecl
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh, skipped
from lakehouse.ml.score import score
from lakehouse.storage import writes
from lakehouse.storage.locks import one_writer

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def into_history(lake: Lake, model: ModelDecl, version: ModelVersion) -> Refresh:
    """Score the features of the run's days with one pinned version, and write them once."""
    name, source = model.scores.history, model.features.table
    with one_writer(lake.tables, name):
        read = lake.tables.version(source)
        if read is None:
            return skipped(name, f"waits for {source}")
        tag = {
            "run_id": lake.run.run_id,
            "inputs": {source: read},
            "model": [version.name, int(version.version)],
            "days": [str(lake.run.start), str(lake.run.end)],
        }
        if not lake.run.full_refresh and _is_done(lake, name, tag):
            return skipped(name, "these days are scored, by the same version")
        return _scored(lake, model, version, tag)


def _is_done(lake: Lake, name: str, tag: writes.Tag) -> bool:
    same = {key: value for key, value in tag.items() if key != "run_id"}
    return any(same.items() <= commit.tag.items() for commit in lake.tables.commits(name))


def _scored(lake: Lake, model: ModelDecl, version: ModelVersion, tag: writes.Tag) -> Refresh:
    name, source = model.scores.history, model.features.table
    days = f"as_of >= DATE'{lake.run.start}' AND as_of <= DATE'{lake.run.end}'"
    features = lake.tables.read(source, tag["inputs"][source]).where(days)
    scores = score(features, version, entity=model.entity, carry=model.scores.carry)
    if not lake.tables.exists(name):
        commit = writes.overwrite(lake.tables, name, scores, tag)
    else:
        own = f"{days} AND model_name = '{version.name}' AND model_version = {int(version.version)}"
        commit = writes.replace_where(lake.tables, name, scores, own, tag)
    rows = commit.rows("numOutputRows")
    return Refresh(
        name,
        rows_input=rows,
        rows_read=rows,
        rows_written=rows,
        input_versions=dict(tag["inputs"]),
        output_version=commit.version,
    )


def into_current(lake: Lake, model: ModelDecl, version: ModelVersion) -> Refresh:
    """The newest day's predictions by the pinned version become the current ones.

    Scoring an earlier day again leaves the current ones as they are.
    """
    name, source = model.scores.current, model.scores.history
    with one_writer(lake.tables, name):
        read = lake.tables.version(source)
        if read is None:
            return skipped(name, f"waits for {source}")
        history = lake.tables.read(source, read)
        newest = history.agg(F.max("as_of")).first()
        day = newest[0] if newest else None
        tag = {
            "run_id": lake.run.run_id,
            "day": str(day),
            "model": [version.name, int(version.version)],
            "inputs": {source: read},
        }
        if day is None or _is_done(lake, name, tag):
            return skipped(name, "the newest day's predictions are there")
        mine = history.where((F.col("as_of") == F.lit(day)) & _by(version))
        if mine.isEmpty():
            return skipped(name, f"a later day, {day}, is scored by another version")
        commit = writes.overwrite(lake.tables, name, mine, tag)
    rows = commit.rows("numOutputRows")
    return Refresh(
        name,
        rows_input=rows,
        rows_read=rows,
        rows_written=rows,
        input_versions={source: read},
        output_version=commit.version,
    )


def _by(version: ModelVersion) -> Column:
    return (F.col("model_name") == F.lit(version.name)) & (
        F.col("model_version") == F.lit(int(version.version))
    )
