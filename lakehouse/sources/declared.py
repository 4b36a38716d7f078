"""The declared columns as Spark types."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import load
from lakehouse.errors import DeclarationError


def declared_types(spark: SparkSession, table: BronzeTable) -> dict[str, T.DataType]:
    """The type of each column, in declared order.

    Raises DeclarationError (file:line) for an unknown type.
    """
    try:
        return _types(spark, table, table.columns)
    except PySparkException:
        bad = next(name for name in table.columns if not _is_type(spark, table, name))
        raise invalid_type(table, bad) from None


def invalid_type(table: BronzeTable, column: str) -> DeclarationError:
    """The error for a column whose declared type is unknown to Spark."""
    return DeclarationError(
        f"{column}: invalid type '{table.columns[column].type}'",
        where=load(table.file).where("columns", column, "type"),
        hint="for example string, bigint, decimal(12,2), date, timestamp, array<string>",
    )


def _types(spark: SparkSession, table: BronzeTable, names: Iterable[str]) -> dict[str, T.DataType]:
    ddl = ", ".join(f"`{name}` {table.columns[name].type}" for name in names)
    # An empty frame parses a DDL text in classic Spark and over Connect alike.
    schema = spark.createDataFrame([], ddl).schema
    return {field.name: field.dataType for field in schema.fields}


def _is_type(spark: SparkSession, table: BronzeTable, name: str) -> bool:
    try:
        return list(_types(spark, table, [name])) == [name]
    except PySparkException:
        return False
