"""The records of CSV files: their text, their fields, and whether they are well formed.

Spark's parser is lenient: after a quote that is not closed or not escaped it goes on, and values
end up in the wrong columns. It keeps the text of a record only where the number of fields is
wrong. So records are first read as text, and then parsed with the text beside the fields.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.sources.csv.dialect import Dialect

CORRUPT = "_corrupt"
_NO_DELIMITER = "\u001f"  # The unit separator, which does not occur in text files.


def records(
    spark: SparkSession, dialect: Dialect, paths: Sequence[str], *, width: int, header: bool
) -> DataFrame:
    """``raw``: the text of each record, without the first line of each file if ``header``.

    Blank lines are skipped. ``width`` is the expected number of fields.
    """
    options = {**dialect.file_options, "header": str(header).lower()}
    reader = spark.read.options(**options).options(
        columnNameOfCorruptRecord=CORRUPT, mode="PERMISSIVE", columnPruning="false"
    )
    if not dialect.is_multi_line:
        lines = reader.schema(f"line string, {CORRUPT} string")
        lines = lines.options(sep=_NO_DELIMITER, quote="", maxCharsPerColumn="-1")
        return lines.csv(list(paths)).withColumn("raw", F.coalesce(CORRUPT, "line"))
    # For records of several lines Spark returns the text only where the number of fields is wrong.
    # So two more fields are requested than the header has, and a record without text is rewritten.
    names = [f"_r{position}" for position in range(width + 2)]
    whole = reader.schema(", ".join(f"{name} string" for name in [*names, CORRUPT]))
    whole = whole.options(**dialect.record_options, multiLine="true")
    again = F.to_csv(F.struct(*names), {"sep": dialect.delimiter, "escape": '"'})
    return whole.csv(list(paths)).withColumn("raw", F.coalesce(CORRUPT, again))


def fields(lines: DataFrame, dialect: Dialect, names: Sequence[str]) -> DataFrame:
    """Parse ``raw`` into ``names``; ``_corrupt`` is NULL where the number of fields is right."""
    schema = ", ".join(f"{name} string" for name in [*names, CORRUPT])
    options = {
        **dialect.record_options,
        "columnNameOfCorruptRecord": CORRUPT,
        "mode": "PERMISSIVE",
    }
    kept = [name for name in lines.columns if name != CORRUPT]
    taken = lines.select(*kept, F.from_csv("raw", schema, options).alias("_record"))
    return taken.select(*kept, *[f"_record.{name}" for name in [*names, CORRUPT]])


def is_malformed(dialect: Dialect) -> Column:
    """Whether the fields of a record cannot be trusted.

    A quote is misplaced, a field in the other kind of quotes was split, or a byte is invalid in the
    declared encoding (U+FFFD).
    """
    raw = F.col("raw")
    malformed = raw.contains("\ufffd")
    if not dialect.quote:
        return malformed
    other = '"' if dialect.quote == "'" else "'"
    starts = raw.startswith(other) | raw.contains(f"{dialect.delimiter}{other}")
    return (
        malformed
        | (raw.contains(dialect.quote) & ~raw.rlike(dialect.well_formed_record))
        | (starts & raw.rlike(dialect.split_by_other_quote))
    )


def repeats_header(header: Sequence[str], names: Sequence[str]) -> Column:
    """Whether the record equals the header: a second header line inside the file."""
    cells = [F.btrim(F.coalesce(F.col(name), F.lit(""))) for name in names]
    # The first cell rules out nearly every record. An array, since hundreds of ANDs nest too deep.
    return (cells[0] == header[0]) & (F.array(*cells) == F.array(*map(F.lit, header)))
