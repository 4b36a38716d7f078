"""CSV: one read by position for each distinct header, then columns by name.

Spark maps a declared schema to a CSV by position, so a file with its columns in another order
would shift its values. Files are grouped by header and read positionally instead.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.csv.dialect import Dialect, dialect
from lakehouse.sources.csv.headers import Header, headers, names_of
from lakehouse.sources.csv.records import fields, is_malformed, records, repeats_header
from lakehouse.sources.field_names import fields_by_column, fields_in_order
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.opened import Opened, as_map
from lakehouse.sources.text_files import CORRUPT


def open_csv(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> list[Opened]:
    """Open the files in one group for each distinct header; empty files are left out.

    RFC 4180 unless ``options`` say otherwise: a quote in a quoted field is doubled. With ``header:
    false`` the fields are the declared columns in their order. Line ends inside a quoted field
    (``multiLine: true``) become LF.

    ``unparsed``, so that no value ends up in the wrong column: records with another number of
    fields, with a misplaced quote, with text that is invalid in the declared encoding, and lines
    that repeat the header. All lines of a file whose header has no declared column are unparsed,
    the first one included, since it may be data.
    """
    form = dialect(table)
    if not form.has_header:
        return [_open(spark, table, form, fields_in_order(table.columns), files)]
    groups: dict[Header, list[SourceFile]] = {}
    unknown: list[SourceFile] = []
    by_key = headers(spark, files, form)
    for file in files:
        header = by_key.get(file.key)
        if header is None:
            continue
        if fields_by_column(header, table.columns):
            groups.setdefault(header, []).append(file)
        else:
            unknown.append(file)
    opened = [_open(spark, table, form, header, groups[header]) for header in sorted(groups)]
    return [*opened, _open_unknown(spark, form, unknown)] if unknown else opened


def _open(
    spark: SparkSession,
    table: BronzeTable,
    form: Dialect,
    header: Header,
    files: Sequence[SourceFile],
) -> Opened:
    cells = [f"_c{position}" for position in range(len(header))]
    lines = records(spark, form, files, width=len(header), header=form.has_header)
    bad = F.col(CORRUPT).isNotNull() | is_malformed(form)
    if form.has_header:
        bad = bad | repeats_header(header, cells)
    frame = fields(lines, form, cells).withColumn("_bad", bad)
    named = dict(zip(names_of(header), cells, strict=True))
    known = fields_by_column(named, table.columns)
    values = {field: _text(cell, form) for field, cell in named.items()}
    others = {field: values[field] for field in named if field not in known.values()}
    return Opened(
        frame,
        known={column: values[field] for column, field in known.items()},
        others=as_map(others),
        unparsed=F.when(F.col("_bad"), F.col("raw")),
        names=_places(named, others, files[0]),
    )


def _places(named: Iterable[str], others: Container[str], file: SourceFile) -> dict[str, str]:
    places = {field: f"field {number} of {file.key}" for number, field in enumerate(named, 1)}
    return {field: place for field, place in places.items() if field in others}


def _open_unknown(spark: SparkSession, form: Dialect, files: Sequence[SourceFile]) -> Opened:
    frame = records(spark, form, files, width=0, header=False)
    return Opened(frame, known={}, others=as_map({}), unparsed=F.col("raw"), names={})


def _text(cell: str, form: Dialect) -> Column:
    """The text of a field; NULL for an empty field, quoted or not, and in unparsed rows."""
    text = F.col(cell)
    if form.is_multi_line:
        text = F.replace(text, F.lit("\r\n"), F.lit("\n"))
    return F.when(~F.col("_bad") & (F.col(cell) != ""), text)
