"""JSON: each line, or with ``multiLine: true`` each file, as a variant, which keeps decimals exact.

A variant rejects duplicate keys in an object, where other readers silently keep the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.field_names import declared_fields, fields_in_order
from lakehouse.sources.file_source import file_source
from lakehouse.sources.keys import root_of, source_key
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.opened import Opened
from lakehouse.sources.text_files import is_wide, read_lines, read_texts, split_lines

_END = "end"


def open_json(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> list[Opened]:
    """Open the files as one group. Blank lines are skipped; a line that is not an object is
    ``unparsed``.

    With ``multiLine: true`` a file holds one object, or an array with one row per element.
    """
    text = _read(spark, table, files)
    lines = text.transform(_elements) if _is_multi_line(file_source(table).options) else text
    return [_open_lines(lines.where(F.btrim("value") != "").transform(_parse), table)]


def _read(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> DataFrame:
    """``value``, each line or with ``multiLine`` each file, and ``_source_file``."""
    options = file_source(table).options
    encoding, whole_file = options.get("encoding", "UTF-8"), _is_multi_line(options)
    paths, key = [literal_path(file.path) for file in files], source_key(root_of(files))
    if encoding.upper() == "UTF-8":
        text = spark.read.text(paths, wholetext=whole_file)
        return text.withColumn("_source_file", key)
    if not whole_file and not is_wide(encoding):
        lines = read_lines(spark, paths, encoding=encoding)
        return lines.select(F.col("line").alias("value"), key.alias("_source_file"))
    texts = read_texts(spark, paths, encoding=encoding).withColumn("_source_file", key)
    if whole_file:
        return texts.withColumnRenamed("text", "value")
    return split_lines(texts, line_end=None).select(F.col("line").alias("value"), "_source_file")


def _is_multi_line(options: Mapping[str, str]) -> bool:
    return options.get("multiLine", "false").lower() == "true"


def _elements(files: DataFrame) -> DataFrame:
    """One row of text per element of a file's array, or one row for its only document."""
    bare = F.btrim("value", F.lit("\ufeff \t\r\n"))
    parsed = files.withColumn("value", bare).transform(_parse)
    elements = F.transform(_get("pair", "$[0]", "array<variant>"), lambda part: F.to_json(part))
    texts = F.coalesce(elements, F.array("value"))
    return parsed.select(F.explode(texts).alias("value"), "_source_file")


def _parse(text: DataFrame) -> DataFrame:
    """``pair``: ``[value, end]`` as a variant, NULL unless the value is one valid document.

    The parser ignores text after a document, so a marker is appended and must be parsed as well.
    """
    pair = F.try_parse_json(F.concat(F.lit("["), F.col("value"), F.lit(f',"{_END}"]')))
    whole = (_get("pair", "$[1]", "string") == _END) & F.is_valid_utf8("value")
    checked = text.withColumn("pair", pair)
    return checked.withColumn("pair", F.when(whole, F.col("pair")))


def _get(variant: str, path: str, kind: str) -> Column:
    return F.try_variant_get(variant, path, kind)


def _open_lines(lines: DataFrame, table: BronzeTable) -> Opened:
    # All fields in one cast: a variant is searched and converted once for each value otherwise.
    fields = F.col("fields")
    return Opened(
        lines.withColumn("fields", _get("pair", "$[0]", "map<string,string>")),
        known={name: fields[field] for name, field in declared_fields(table.columns).items()},
        others=_undeclared(fields, fields_in_order(table.columns)),
        unparsed=F.when(fields.isNull(), F.make_valid_utf8("value")),
        names=None,
    )


def _undeclared(fields: Column, columns: Sequence[str]) -> Column:
    """A map of the undeclared fields that are not NULL; NULL where all fields are declared.

    A lambda is slow, so only rows that need it get there. A variant's keys are sorted.
    """
    keys = F.map_keys(fields)
    as_declared = keys == F.array(*map(F.lit, sorted(columns)))
    has_more = ~as_declared & (F.size(F.array_except(keys, F.array(*map(F.lit, columns)))) > 0)
    is_undeclared = F.map_filter(fields, lambda key, value: ~key.isin(*columns) & value.isNotNull())
    return F.when(has_more, is_undeclared)
