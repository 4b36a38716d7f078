"""CSV: one positional read of text for each distinct header, then columns by name.

Spark maps a declared schema to a CSV by position, so a file with its columns in another order
would shift its values. Files are grouped by header and read positionally instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import did_you_mean, load
from lakehouse.errors import DeclarationError
from lakehouse.sources.declared import fields_by_column
from lakehouse.sources.headers import Header, headers
from lakehouse.sources.listing import SourceFile, literal_path
from lakehouse.sources.opened import Opened, as_map, source_file

_OPTIONS = (
    *("header", "delimiter", "sep", "quote", "escape", "comment", "multiLine", "lineSep"),
    *("encoding", "charset", "nullValue", "maxColumns", "maxCharsPerColumn"),
    *("ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace", "unescapedQuoteHandling"),
    *("charToEscapeQuoteEscaping", "dateFormat", "timestampFormat"),
)
_CORRUPT = "_corrupt"


def open_csv(spark: SparkSession, table: BronzeTable, files: Sequence[SourceFile]) -> list[Opened]:
    """The files, a group for each distinct header; empty files have none and no rows.

    RFC 4180 unless ``options`` say otherwise: a quote in a quoted field is doubled. ``header:
    false`` means that the declared columns come in their order. Line ends inside a quoted field
    (``multiLine: true``) become LF.
    """
    options = _options(table)
    if options["header"].lower() == "false":
        groups = {tuple(table.columns): [file.path for file in files]}
    else:
        groups = _by_header(headers(spark, files, options))
    return [_open(spark, table, header, groups[header], options) for header in sorted(groups)]


def _by_header(found: Mapping[str, Header]) -> dict[Header, list[str]]:
    groups: dict[Header, list[str]] = {}
    for path, header in found.items():
        groups.setdefault(header, []).append(path)
    return groups


def _options(table: BronzeTable) -> dict[str, str]:
    for name in table.source.options:
        if name not in _OPTIONS:
            raise DeclarationError(
                f"unknown option '{name}' of a csv source{did_you_mean(name, _OPTIONS)}",
                where=load(table.file).where("source", "options", name),
                hint=f"known: {', '.join(_OPTIONS)}",
            )
    return {"header": "true", "escape": '"', **table.source.options}


def _open(
    spark: SparkSession,
    table: BronzeTable,
    header: Header,
    paths: list[str],
    options: Mapping[str, str],
) -> Opened:
    names = [f"_c{position}" for position in range(len(header))]
    frame = (
        spark.read.schema(", ".join(f"{name} string" for name in [*names, _CORRUPT]))
        .options(**options)
        # Pruning would count a row's fields by what a query wants, not by what the file has.
        .options(columnNameOfCorruptRecord=_CORRUPT, mode="PERMISSIVE", columnPruning="false")
        .csv([literal_path(path) for path in paths])
        .withColumn("_source_file", source_file())
    )
    known = fields_by_column(header, table.columns)
    whole = F.col(_CORRUPT).isNull()
    values = {field: _text(name, whole) for field, name in zip(header, names, strict=True)}
    others = {field: values[field] for field in header if field not in known.values()}
    return Opened(
        frame,
        known={column: values[field] for column, field in known.items()},
        others=as_map(others),
        # Spark refuses a query of the corrupt column alone, so another one stands beside it.
        unparsed=F.when(~whole, F.coalesce(_CORRUPT, names[0])),
        names=dict.fromkeys(others, paths[0]),
    )


def _text(name: str, whole: Column) -> Column:
    """A field's text; NULL where it is empty, quoted or not, and in rows of another length."""
    return F.when(whole & (F.col(name) != ""), F.col(name))
