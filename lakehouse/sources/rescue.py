"""Cast to the declared types, and keep what does not fit in ``_rescued_data``.

``_rescued_data`` is JSON: ``{"unparsed": "<raw>"}`` for a row that could not be parsed, otherwise
``{"malformed": {column: text}, "new": {field: text}}`` without empty parts; NULL where all values
fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config import column as declared
from lakehouse.sources.casting import cast_nested, cast_scalar, fits, is_nested, open_nested
from lakehouse.sources.cleaning import cleaned_text, present_text
from lakehouse.sources.opened import Opened, no_text

Types = Mapping[str, T.DataType]


def cast_and_rescue(
    part: Opened, types: Types, columns: Mapping[str, declared.Column], options: Mapping[str, str]
) -> DataFrame:
    """The columns of ``types``, ``_rescued_data`` and ``_source_file``; one row for each raw row.

    ``columns`` says how a text is cleaned before it is cast. A declared column that the files do
    not have is NULL.
    """
    cleaned = {name: column for name, column in columns.items() if column.is_cleaned}
    known = {name: part.known.get(name, no_text()) for name in types}
    known |= {name: present_text(known[name], column) for name, column in cleaned.items()}
    raw = part.frame.select(
        "_source_file",
        part.unparsed.alias("_unparsed"),
        part.others.alias("_new"),
        *[column.alias(name) for name, column in known.items()],
    )
    given = {field.name: field.dataType for field in raw.schema.fields}
    # Each step reads the columns of the one before it, so that Spark computes each cast once.
    cast = {
        n: t
        for n, t in types.items()
        if n in cleaned or t.simpleString() != given[n].simpleString()
    }
    return (
        raw.withColumns({f"_raw_{n}": F.col(n) for n in cast})
        .withColumns({n: cleaned_text(F.col(n), column) for n, column in cleaned.items()})
        .withColumns({n: _cast_or_open(n, t, options) for n, t in cast.items()})
        .withColumns(_finish_nested_and_flag_bad(cast, options))
        .withColumn("_rescued_data", _rescued_json(list(cast)))
        .select(*[_value(n, cast).alias(n) for n in types], "_rescued_data", "_source_file")
    )


def _cast_or_open(name: str, kind: T.DataType, options: Mapping[str, str]) -> Column:
    return (
        open_nested(F.col(name), kind)
        if is_nested(kind)
        else cast_scalar(F.col(name), kind, options)
    )


def _finish_nested_and_flag_bad(cast: Types, options: Mapping[str, str]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, kind in cast.items():
        raw = F.col(f"_raw_{name}")
        if is_nested(kind):
            whole, value = F.col(name)["broken"].isNull(), F.col(name)["value"]
            columns[f"_bad_{name}"] = raw.isNotNull() & ~(whole & fits(value, kind, options))
            columns[name] = cast_nested(value, kind, options).cast(kind)
        else:
            columns[f"_bad_{name}"] = raw.isNotNull() & F.col(name).isNull()
    return columns


def _value(name: str, cast: Types) -> Column:
    if name in cast and is_nested(cast[name]):
        return F.when(~F.col(f"_bad_{name}"), F.col(name))
    return F.col(name)


def _rescued_json(cast: list[str]) -> Column:
    bad = [F.col(f"_bad_{name}") for name in cast]
    any_bad = reduce(or_, bad, F.lit(False))
    any_new = F.coalesce(F.size("_new") > 0, F.lit(False))
    parts = [F.col("_unparsed").alias("unparsed")]
    if cast:
        texts = [F.when(b, F.col(f"_raw_{n}")).alias(n) for b, n in zip(bad, cast, strict=True)]
        parts.append(F.when(any_bad, F.struct(*texts)).alias("malformed"))
    parts.append(F.when(any_new, F.col("_new")).alias("new"))
    return F.when(F.col("_unparsed").isNotNull() | any_bad | any_new, F.to_json(F.struct(*parts)))
