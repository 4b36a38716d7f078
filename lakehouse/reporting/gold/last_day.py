"""The last day of the data behind a gold table: a period that ends later is not over."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.pipeline import Pipeline
from lakehouse.refresh.run_record import Day, RunRecord
from lakehouse.reporting.reader import Reader
from lakehouse.sources.file_source import FileSource


def last_day(
    table: str, pipeline: Pipeline, reader: Reader, runs: Iterable[RunRecord]
) -> Day | None:
    """The newest day of the bronze tables that drive ``table``; None where nothing came in.

    Where a source's files carry their day it is the newest of these days, else the newest day of
    a run that read rows. A table on predictions is as new as the features behind them.
    """
    runs = list(runs)
    days = [_last_day_of(source, pipeline, reader, runs) for source in _bronze_of(table, pipeline)]
    return max((day for day in days if day is not None), default=None)


def _last_day_of(
    source: str, pipeline: Pipeline, reader: Reader, runs: Iterable[RunRecord]
) -> Day | None:
    declared = pipeline.bronze.get(source)
    if declared is None:
        return None
    if _files_carry_their_day(declared) and reader.exists(source):
        newest = reader.read(source).agg(F.max("_known_date")).first()
        return newest[0] if newest else None
    return max((r.date for r in runs if r.table == source and r.rows_read), default=None)


def _files_carry_their_day(table: BronzeTable) -> bool:
    return isinstance(table.source, FileSource) and "{date}" in table.source.path


def _bronze_of(table: str, pipeline: Pipeline) -> list[str]:
    computed, names = pipeline.computed(), [table]
    while names[0] in computed or names[0] in pipeline.predictions():
        if names[0] in computed:
            names = computed[names[0]].sources
        elif pipeline.model is not None:
            names = [pipeline.model.features.table]
    return names
