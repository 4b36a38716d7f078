"""Read files as typed rows: the declared columns, the rescued data, the file and its day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.declared import declared_types
from lakehouse.sources.file_source import file_source, refuse_invalid_options
from lakehouse.sources.formats.format import FileRequest
from lakehouse.sources.formats.registry import format_of
from lakehouse.sources.listing import SourceFile, refuse_bad_names
from lakehouse.sources.new_columns import added_columns, with_added
from lakehouse.sources.reasons import READ_ERRORS, reason
from lakehouse.sources.rescue import cast_and_rescue

_A_DAY = "YYYY-MM-DD"
TAIL = {"_rescued_data": "string", "_source_file": "string", "_day": "date"}


def read_files(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> DataFrame:
    """The rows of ``files``: declared columns in order, then ``_rescued_data`` (JSON or NULL),
    ``_source_file`` (the key of the listing) and ``_day`` (the day of the file, or of the row by
    ``day_from``; NULL where neither has one).

    With ``on_new_column: add_new_columns`` new fields follow the declared columns as strings.
    An empty string is NULL in CSV and stays empty in JSON. Raises DeclarationError for an invalid
    type or option and, under ``fail_on_new_columns``, for a new column. A file that cannot be read
    fails the whole read with Spark's error, here or when the rows are computed; ``unreadable`` then
    finds the file.
    """
    refuse_bad_names(files)
    refuse_invalid_options(table)
    types = declared_types(spark, table)
    source = file_source(table)
    form = format_of(source.format)
    parts = form.open(FileRequest(spark, table, source, files, types)) if files else []
    added = added_columns(table, parts)
    types |= {name: T.StringType() for name in added}
    frames = [
        cast_and_rescue(with_added(part, added), types, table.columns, source.options)
        for part in parts
    ]
    if not frames:
        return _empty(spark, table)
    rows = reduce(DataFrame.unionByName, frames)
    if source.day_from:
        return rows.withColumn("_day", _day_in_row(table, source.day_from))
    return _with_day(rows, files, spark)


def unreadable(
    spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]
) -> dict[str, str]:
    """The reason, by key, for each file that cannot be read; empty when all can.

    Reads the files by bisection, so call it only after a batch has failed. A reason holds neither
    values nor a stack trace. Raises DeclarationError as ``read_files`` does.
    """
    bad = {file.key: problem for file in files if (problem := file.name_problem) is not None}
    return bad | _find_unreadable(spark, table, [file for file in files if file.key not in bad])


def _find_unreadable(
    spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]
) -> dict[str, str]:
    why = _failure(spark, table, files)
    if why is None:
        return {}
    if len(files) == 1:
        return {files[0].key: why}
    middle = len(files) // 2
    first = _find_unreadable(spark, table, files[:middle])
    return first | _find_unreadable(spark, table, files[middle:])


def _failure(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> str | None:
    if not files:
        return None
    try:
        read_files(spark, table, files).write.format("noop").mode("overwrite").save()
    except READ_ERRORS as problem:
        return reason(problem, file_source(table).format)
    return None


def _day_in_row(table: BronzeTable, name: str) -> Column:
    """The day in a column; of a timestamp, the day in the pipeline's time zone."""
    if table.columns[name].type.strip().lower() == "date":
        return F.col(name)
    return F.from_utc_timestamp(name, table.info.timezone).cast("date")


def _with_day(rows: DataFrame, files: Sequence[SourceFile], spark: SparkSession) -> DataFrame:
    days = {file.day for file in files}
    if len(days) == 1:
        return rows.withColumn("_day", F.lit(days.pop()).cast("date"))
    position = _position_of_day(files)
    if position is not None:
        text = F.substring("_source_file", position + 1, len(_A_DAY))
        return rows.withColumn("_day", text.try_cast("date"))
    by_file = spark.createDataFrame(
        [(file.key, file.day) for file in files], "_source_file string, _day date"
    )
    joined = rows.join(F.broadcast(by_file), on="_source_file", how="left")
    return joined.select(*rows.columns, "_day")


def _position_of_day(files: Sequence[SourceFile]) -> int | None:
    """Where the day is in the keys of all files, as in ``orders/2026-01-31/1.json``; None where
    it differs, or a file has no day."""
    position = files[0].key.find(str(files[0].day))
    end = position + len(_A_DAY)
    is_same = all(file.key[position:end] == str(file.day) for file in files)
    return position if position >= 0 and is_same else None


def _empty(spark: SparkSession, table: BronzeTable) -> DataFrame:
    kinds = {name: column.type for name, column in table.columns.items()} | TAIL
    return spark.createDataFrame([], ", ".join(f"`{n}` {kind}" for n, kind in kinds.items()))
