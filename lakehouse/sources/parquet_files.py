"""Parquet: each file by its own schema, columns by name."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.casting import is_nested
from lakehouse.sources.declared import fields_by_column
from lakehouse.sources.footers import refuse_lost_rows
from lakehouse.sources.keys import key_of, root_of, source_key
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.opened import Opened, as_map, no_text
from lakehouse.sources.options import refuse_wrong_options
from lakehouse.sources.reasons import READ_ERRORS


def open_parquet(
    spark: SparkSession,
    table: BronzeTable,
    files: Sequence[SourceFile],
    types: dict[str, T.DataType],
) -> list[Opened]:
    """The files in one group where their schemas agree, else a group for each schema.

    A column of the declared type is taken as it is; any other goes through its text. Raises
    UnreadableFiles for a file that has rows by its footer, and none for Spark.
    """
    refuse_wrong_options(table)
    frames = _frames(spark, [file.path for file in files])
    refuse_lost_rows(spark, [frame for frame, _ in frames], files)
    root = root_of(files)
    return [_opened(frame, key_of(first, root), types, root) for frame, first in frames]


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


def _opened(frame: DataFrame, first: str, types: dict[str, T.DataType], root: str) -> Opened:
    kinds = {field.name: field.dataType for field in frame.schema.fields}
    known = fields_by_column(kinds, types)
    others = [name for name in kinds if name not in known.values()]
    return Opened(
        frame.withColumn("_source_file", source_key(root)),
        known={
            column: _column(name)
            if kinds[name].simpleString() == types[column].simpleString()
            else _text(name, kinds[name])
            for column, name in known.items()
        },
        others=as_map({name: _text(name, kinds[name]) for name in others}),
        unparsed=no_text(),
        names={n: f"field {i} of {first}" for i, n in enumerate(kinds, 1) if n in others},
    )


def _column(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _text(name: str, kind: T.DataType) -> Column:
    if is_nested(kind) or isinstance(kind, T.VariantType):
        return F.to_json(_column(name))
    return _column(name).cast("string")
