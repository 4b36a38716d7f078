"""Cast stored bronze rows to changed types, for rows whose files are gone.

A value that did not fit its old type is in ``_rescued_data`` and may fit the new one; a value that
does not fit the new one moves there. For example with ``amount`` from ``int`` to
``decimal(9,2)``:

    amount  _rescued_data                          amount  _rescued_data
    5       NULL                             →     5.00    NULL
    NULL    {"malformed":{"amount":"1.50"}}        1.50    NULL
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config import column as declared
from lakehouse.config.declarations import BronzeTable
from lakehouse.sources.casting import cast_scalar, is_nested
from lakehouse.sources.cleaning import cleaned_text, present_text
from lakehouse.sources.declared import declared_types

_RESCUED = "struct<unparsed:string,malformed:map<string,string>,new:map<string,string>>"


def recast(spark: SparkSession, stored: DataFrame, table: BronzeTable) -> DataFrame:
    """The rows with the declared columns; the library's own columns are unchanged. Same grain.

    A nested column whose type changed is NULL, with its text in ``_rescued_data``.
    """
    types = declared_types(spark, table)
    library_columns = [name for name in stored.columns if name.startswith("_")]
    held = {field.name: field.dataType for field in stored.schema.fields}
    changed = [n for n, kind in types.items() if held.get(n) != kind]
    if not changed:
        return stored.select(*types, *library_columns)
    opened = stored.withColumn("_parts", F.from_json("_rescued_data", _RESCUED))
    texts = {name: _text(name, table.columns[name], held.get(name)) for name in changed}
    is_held = {f"_held_{n}": F.col(n).isNotNull() if n in held else F.lit(False) for n in changed}
    cast = opened.withColumns(
        {f"_text_{name}": text for name, text in texts.items()} | is_held
    ).withColumns(
        {f"_cast_{name}": _cast(name, table.columns[name], types[name]) for name in changed}
    )
    values = [
        (F.col(f"_cast_{name}") if name in changed else F.col(name)).alias(name) for name in types
    ]
    kept = [name for name in library_columns if name != "_rescued_data"]
    return cast.withColumn("_rescued_data", _rescued_json(changed)).select(
        *values, "_rescued_data", *kept
    )


def _text(name: str, column: declared.Column, held: T.DataType | None) -> Column:
    """The original text: of the stored value, of a malformed one, or of an undeclared column."""
    parts = [F.col("_parts.malformed")[name], F.col("_parts.new")[column.field or name]]
    if held is not None and not is_nested(held):
        return F.coalesce(F.col(name).cast("string"), *parts)
    if held is not None:
        return F.coalesce(F.to_json(name), *parts)
    return F.coalesce(*parts)


def _cast(name: str, column: declared.Column, kind: T.DataType) -> Column:
    if is_nested(kind):
        return F.lit(None).cast(kind)
    text = F.col(f"_text_{name}")
    if not column.is_cleaned:
        return cast_scalar(text, kind, {})
    # Only a rescued text is as it came; a stored value was cleaned before it was cast.
    cleaned = cleaned_text(present_text(text, column), column)
    return cast_scalar(F.when(F.col(f"_held_{name}"), text).otherwise(cleaned), kind, {})


def _rescued_json(changed: list[str]) -> Column:
    """The rescued data, without values that fit now and with values that no longer fit."""
    lost = [
        F.when(F.col(f"_text_{n}").isNotNull() & F.col(f"_cast_{n}").isNull(), F.col(f"_text_{n}"))
        for n in changed
    ]
    names = F.map_from_arrays(F.array(*[F.lit(name) for name in changed]), F.array(*lost))
    odd = F.map_filter(names, lambda _, value: value.isNotNull())
    empty = F.create_map().cast("map<string,string>")
    before = F.map_filter(
        F.coalesce(F.col("_parts.malformed"), empty), lambda key, _: ~key.isin(changed)
    )
    malformed = F.map_concat(before, odd)
    new = F.map_filter(F.coalesce(F.col("_parts.new"), empty), lambda key, _: ~key.isin(changed))
    parts = F.struct(
        F.col("_parts.unparsed").alias("unparsed"),
        F.when(F.size(malformed) > 0, malformed).alias("malformed"),
        F.when(F.size(new) > 0, new).alias("new"),
    )
    some = F.col("_parts.unparsed").isNotNull() | (F.size(malformed) > 0) | (F.size(new) > 0)
    return F.when(some, F.to_json(parts))
