"""The records of CSV files: each as the file has it, taken apart, and whether it can be trusted.

Spark's parser is lenient: after a quote that is not closed or not escaped it goes on somehow, and
values stand in other columns than the file's author meant. It keeps a record's own text only where
the number of fields is wrong. So records are read as text first, and taken apart in a second step
that still has the text beside the fields.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.csv.dialect import Dialect

CORRUPT = "_corrupt"
_NO_DELIMITER = "\u001f"  # The unit separator, which text files do not hold.


def records(
    spark: SparkSession, dialect: Dialect, paths: Sequence[str], *, width: int, header: bool
) -> DataFrame:
    """``raw``: the text of each record, without the files' first lines where ``header``.

    Blank lines are no records. ``width`` is the number of fields of most records.
    """
    options = {**dialect.of_files, "header": str(header).lower()}
    reader = spark.read.options(**options).options(
        columnNameOfCorruptRecord=CORRUPT, mode="PERMISSIVE", columnPruning="false"
    )
    if not dialect.is_multi_line:
        lines = reader.schema(f"line string, {CORRUPT} string")
        lines = lines.options(sep=_NO_DELIMITER, quote="", maxCharsPerColumn="-1")
        return lines.csv(list(paths)).withColumn("raw", F.coalesce(CORRUPT, "line"))
    # Where a record may have many lines, its text comes with a wrong number of fields alone. So
    # two more fields are asked for than the header has; a record that has them is written anew.
    names = [f"_r{position}" for position in range(width + 2)]
    whole = reader.schema(", ".join(f"{name} string" for name in [*names, CORRUPT]))
    whole = whole.options(**dialect.of_records, multiLine="true")
    again = F.to_csv(F.struct(*names), {"sep": dialect.delimiter, "escape": '"'})
    return whole.csv(list(paths)).withColumn("raw", F.coalesce(CORRUPT, again))


def fields(lines: DataFrame, dialect: Dialect, names: Sequence[str]) -> DataFrame:
    """``raw`` taken apart into ``names``; ``_corrupt`` is NULL where the number of fields fits."""
    schema = ", ".join(f"{name} string" for name in [*names, CORRUPT])
    options = {
        **dialect.of_records,
        "columnNameOfCorruptRecord": CORRUPT,
        "mode": "PERMISSIVE",
    }
    kept = [name for name in lines.columns if name != CORRUPT]
    taken = lines.select(*kept, F.from_csv("raw", schema, options).alias("_record"))
    return taken.select(*kept, *[f"_record.{name}" for name in [*names, CORRUPT]])


def is_unsound(dialect: Dialect) -> Column:
    """Whether the record's text shows that its fields may not be what its author meant.

    A quote stands where none may, a field in the other kind of quotes was split, or a character
    is no character of the declared encoding (U+FFFD).
    """
    raw = F.col("raw")
    unsound = raw.contains("\ufffd")
    if not dialect.quote:
        return unsound
    other = '"' if dialect.quote == "'" else "'"
    starts = raw.startswith(other) | raw.contains(f"{dialect.delimiter}{other}")
    return (
        unsound
        | (raw.contains(dialect.quote) & ~raw.rlike(dialect.sound_record))
        | (starts & raw.rlike(dialect.split_by_other_quote))
    )


def repeats_header(header: Sequence[str], names: Sequence[str]) -> Column:
    """Whether each field is the header's: a second header line inside the file."""
    cells = [F.btrim(F.coalesce(F.col(name), F.lit(""))) for name in names]
    # The first cell decides for nearly every record; an array, as hundreds of ANDs nest too deep.
    return (cells[0] == header[0]) & (F.array(*cells) == F.array(*map(F.lit, header)))
