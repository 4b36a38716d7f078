"""Read a folder of files as a frame for ``check``, without type inference for CSV."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.errors import UnreadableFiles, UsageError
from lakehouse.quality.builtin import MALFORMED
from lakehouse.quality.verdict import UNPARSED

_SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
}
_TEXT = "_unparsed"


def read_folder(spark: SparkSession, folder: Path) -> DataFrame:
    """The rows of all files in and below a local folder, which must have one format.

    CSV columns are strings, matched by each file's header; rules with numbers cast them.
    ``_malformed`` is ``unparsed`` for a CSV or JSON line that does not parse, else NULL. Raises
    UsageError for a folder that does not exist, has no data or mixes formats, and UnreadableFiles
    for a CSV file without a usable header.
    """
    files = _files(folder)
    formats = sorted({_SUFFIXES[file.suffix.lower()] for file in files})
    if len(formats) != 1:
        content = " and ".join(formats) or "no csv, json or parquet file"
        raise UsageError(f"{folder} holds {content}", hint="name a folder with files of one format")
    paths = [str(file) for file in files]
    if formats == ["csv"]:
        return _csv(spark, files)
    if formats == ["parquet"]:
        return spark.read.option("mergeSchema", "true").parquet(*paths)
    return _json(spark, paths)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"folder {folder} does not exist")
    inside = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return [
        file for file in inside if file.suffix.lower() in _SUFFIXES and file.name[0] not in "._"
    ]


def _csv(spark: SparkSession, files: Sequence[Path]) -> DataFrame:
    # One read per distinct header: a single read would put values into the wrong columns.
    by_header: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for file in files:
        by_header[_header(file)].append(str(file))
    frames = [_csv_of(spark, names, paths) for names, paths in by_header.items()]
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), frames)


def _header(file: Path) -> tuple[str, ...]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            names = tuple(next(csv.reader(lines), ()))
    except (OSError, UnicodeDecodeError, csv.Error):
        names = ()
    if not names or len(set(names)) < len(names) or "" in names:
        hint = "the first line names the columns, each once"
        raise UnreadableFiles(f"{file}: no usable first line", hint=hint)
    return names


def _csv_of(spark: SparkSession, names: Sequence[str], paths: list[str]) -> DataFrame:
    schema = T.StructType([T.StructField(name, T.StringType()) for name in (*names, _TEXT)])
    reader = (
        spark.read.schema(schema).option("header", True).option("columnNameOfCorruptRecord", _TEXT)
    )
    rows = reader.option("multiLine", True).option("escape", '"').csv(paths)
    return _with_malformed(rows, names[0])


def _json(spark: SparkSession, paths: list[str]) -> DataFrame:
    rows = spark.read.option("columnNameOfCorruptRecord", _TEXT).json(paths)
    names = [name for name in rows.columns if name != _TEXT]
    if _TEXT not in rows.columns:
        return rows.withColumn(MALFORMED, F.lit(None).cast("string"))
    if not names:
        raise UnreadableFiles("no line of these files is a JSON object")
    return _with_malformed(rows, names[0])


def _with_malformed(rows: DataFrame, another: str) -> DataFrame:
    # Spark refuses to read the unparsed text alone, so another column is always read with it.
    name = "`" + another.replace("`", "``") + "`"
    read_too = F.length(F.concat_ws("", F.to_json(F.struct(name)))) >= 0
    mark = F.when(F.col(_TEXT).isNotNull() & read_too, F.lit(UNPARSED))
    return rows.withColumn(MALFORMED, mark).drop(_TEXT)
