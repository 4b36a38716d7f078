"""Files that have their own schema (Parquet, ORC, Avro): columns are matched by name."""

from __future__ import annotations

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import UsageError
from lakehouse.sources.by_name import open_by_name
from lakehouse.sources.footers import refuse_lost_rows
from lakehouse.sources.formats.format import FileRequest
from lakehouse.sources.formats.typed import Typed
from lakehouse.sources.keys import key_of, root_of, source_key
from lakehouse.sources.listing import literal_path
from lakehouse.sources.opened import Opened
from lakehouse.sources.reasons import READ_ERRORS


def open_typed(request: FileRequest, form: Typed) -> list[Opened]:
    """Open the files in one group where their schemas can be merged, else in one for each schema.

    A column of the declared type is taken as it is; any other is cast from its text. Raises
    UnreadableFiles for a file that has rows by its footer but none when Spark reads it, and
    UsageError where Spark lacks the module of the format.
    """
    frames = _frames(request.spark, form, [file.path for file in request.files])
    if form.has_footers:
        refuse_lost_rows(request.spark, [frame for frame, _ in frames], request.files)
    root = root_of(request.files)
    return [
        open_by_name(
            frame.withColumn("_source_file", source_key(root)),
            request.table,
            request.types,
            place=key_of(first, root),
        )
        for frame, first in frames
    ]


def _frames(spark: SparkSession, form: Typed, paths: list[str]) -> list[tuple[DataFrame, str]]:
    try:
        frame = _read(spark, form, paths)
        _ = frame.schema
        if form.merges_schemas or len(paths) == 1:
            return [(frame, paths[0])]
    except READ_ERRORS as problem:
        _refuse_missing_module(problem, form)
        if len(paths) == 1:
            raise
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_read(spark, form, [path]).schema.json(), []).append(path)
    return [(_read(spark, form, group), group[0]) for group in groups.values()]


def _read(spark: SparkSession, form: Typed, paths: list[str]) -> DataFrame:
    reader = spark.read.format(form.name).option("mergeSchema", str(form.merges_schemas).lower())
    return reader.load([literal_path(path) for path in paths])


def _refuse_missing_module(problem: Exception, form: Typed) -> None:
    is_missing = "Failed to find data source" in str(problem)
    if form.module and is_missing and isinstance(problem, AnalysisException):
        raise UsageError(
            f"Spark cannot read {form.name}: its module is not on the class path",
            where=f"format: {form.name}",
            hint=f"start Spark with --packages {form.module} in the version of Spark, or add it to "
            "spark.jars.packages in spark-defaults.conf",
        ) from None
