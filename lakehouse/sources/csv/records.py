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
from lakehouse.sources.keys import root_of, source_key
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.text_files import CORRUPT, read_one_field, read_texts, split_lines


def records(
    spark: SparkSession,
    dialect: Dialect,
    files: Sequence[SourceFile],
    *,
    width: int,
    header: bool,
) -> DataFrame:
    """``raw``, the text of each record, and ``_source_file``; without the first line of each file
    if ``header``.

    Blank lines are skipped. ``width`` is the expected number of fields.
    """
    paths, key = [literal_path(file.path) for file in files], source_key(root_of(files))
    if dialect.is_split_here:
        texts = read_texts(spark, paths, encoding=dialect.encoding).withColumn("_source_file", key)
        lines = split_lines(
            texts, line_end=dialect.line_end, skip=dialect.skip_lines, comment=dialect.comment
        )
        lines = lines.where("line_number > 0") if header else lines
        return lines.select(F.col("line").alias("raw"), "_source_file")
    options = {**dialect.file_options, "header": str(header).lower()}
    if not dialect.is_multi_line:
        lines = read_one_field(spark, paths, options)
        return lines.select(F.coalesce(CORRUPT, "text").alias("raw"), key.alias("_source_file"))
    reader = spark.read.options(**options).options(
        columnNameOfCorruptRecord=CORRUPT, mode="PERMISSIVE", columnPruning="false"
    )
    # For records of several lines Spark returns the text only where the number of fields is wrong.
    # So two more fields are requested than the header has, and a record without text is rewritten.
    names = [f"_r{position}" for position in range(width + 2)]
    whole = reader.schema(", ".join(f"{name} string" for name in [*names, CORRUPT]))
    whole = whole.options(**dialect.record_options, multiLine="true")
    again = F.to_csv(F.struct(*names), {"sep": dialect.delimiter, "escape": '"'})
    return whole.csv(paths).select(
        F.coalesce(CORRUPT, again).alias("raw"), key.alias("_source_file")
    )


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
