"""Parquet: each file is read with its own schema, columns by name."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from lakehouse.sources.by_name import open_by_name
from lakehouse.sources.footers import refuse_lost_rows
from lakehouse.sources.keys import key_of, root_of, source_key
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.opened import Opened
from lakehouse.sources.reasons import READ_ERRORS


def open_parquet(
    spark: SparkSession, files: Sequence[SourceFile], types: dict[str, T.DataType]
) -> list[Opened]:
    """Open the files in one group where their schemas can be merged, else in one for each schema.

    A column of the declared type is taken as it is; any other is cast from its text. Raises
    UnreadableFiles for a file that has rows by its footer but none when Spark reads it.
    """
    frames = _frames(spark, [file.path for file in files])
    refuse_lost_rows(spark, [frame for frame, _ in frames], files)
    root = root_of(files)
    return [
        open_by_name(
            frame.withColumn("_source_file", source_key(root)), types, place=key_of(first, root)
        )
        for frame, first in frames
    ]


def _frames(spark: SparkSession, paths: list[str]) -> list[tuple[DataFrame, str]]:
    try:
        frame = _read(spark, paths)
        _ = frame.schema
        return [(frame, paths[0])]
    except READ_ERRORS:
        if len(paths) == 1:
            raise
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_read(spark, [path]).schema.json(), []).append(path)
    return [(_read(spark, group), group[0]) for group in groups.values()]


def _read(spark: SparkSession, paths: list[str]) -> DataFrame:
    reader = spark.read.option("mergeSchema", "true")
    return reader.parquet(*[literal_path(path) for path in paths])
