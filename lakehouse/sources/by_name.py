"""Open a typed frame (Parquet, rows of a database): columns by name, other types as text."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.casting import is_nested
from lakehouse.sources.field_names import fields_by_column
from lakehouse.sources.opened import Opened, as_map, no_text

_SOURCE_FILE = "_source_file"


def open_by_name(
    frame: DataFrame, table: BronzeTable, types: Mapping[str, T.DataType], *, place: str
) -> Opened:
    """Map the columns of ``frame``, which has ``_source_file``, to the declared ones by name.

    A column of the declared type is taken as it is; any other, and one that is cleaned, is cast
    from its text, so that values that do not fit are rescued. ``place`` is the file or table, for
    messages.
    """
    kinds = {
        field.name: field.dataType for field in frame.schema.fields if field.name != _SOURCE_FILE
    }
    known = fields_by_column(kinds, table.columns)
    others = [name for name in kinds if name not in known.values()]
    return Opened(
        frame,
        known={
            column: _column(name)
            if kinds[name].simpleString() == types[column].simpleString()
            and not table.columns[column].is_cleaned
            else _text(name, kinds[name])
            for column, name in known.items()
        },
        others=as_map({name: _text(name, kinds[name]) for name in others}),
        unparsed=no_text(),
        names={n: f"field {i} of {place}" for i, n in enumerate(kinds, 1) if n in others},
    )


def _column(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _text(name: str, kind: T.DataType) -> Column:
    if is_nested(kind) or isinstance(kind, T.VariantType):
        return F.to_json(_column(name))
    return _column(name).cast("string")
