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
    """The newest day of the bronze table that drives ``table``; None where nothing came in.

    Where the source's files carry their day it is the newest of these days, else the newest day of
    a run that read rows. A table on predictions is as new as the features behind them.
    """
    source = _bronze_of(table, pipeline)
    declared = pipeline.bronze.get(source)
    if declared is None:
        return None
    if _files_carry_their_day(declared) and reader.exists(source):
        newest = reader.read(source).agg(F.max("_known_date")).first()
        return newest[0] if newest else None
    return max((r.date for r in runs if r.table == source and r.rows_read), default=None)


def _files_carry_their_day(table: BronzeTable) -> bool:
    return isinstance(table.source, FileSource) and "{date}" in table.source.path


def _bronze_of(table: str, pipeline: Pipeline) -> str:
    computed, name = pipeline.computed(), table
    while name in computed or name in pipeline.predictions():
        if name in computed:
            name = computed[name].source
        elif pipeline.model is not None:
            name = pipeline.model.features.table
    return name
