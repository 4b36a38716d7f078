"""Strict casts from text to a declared type: a value that does not fit is NULL, never rounded.

Spark's own casts are lenient: '2011' becomes 2011-01-01, '12:00' a time of the current day, and
1.505 becomes 1.51 in a decimal(10,2).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.sources import text_forms

_NOISE = 10  # digits beyond a decimal's scale that must be zeros
_MAX_PRECISION = 38
_NESTED = (T.ArrayType, T.StructType, T.MapType)
_WHOLE_NUMBERS = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)


def is_nested(kind: T.DataType) -> bool:
    """Whether the type is an array, a struct or a map."""
    return isinstance(kind, _NESTED)


def cast_scalar(text: Column, kind: T.DataType, options: Mapping[str, str]) -> Column:
    """One value from its text; NULL where it does not fit the type without loss.

    Dates and timestamps are ISO 8601, or as ``dateFormat`` and ``timestampFormat`` in ``options``
    say. Whole numbers may end in ``.0``. The ten digits beyond a decimal's scale must be zeros, so
    that floating-point noise passes and a lost cent does not.
    """
    name = kind.simpleString()
    if isinstance(kind, T.StringType):
        return text
    if isinstance(kind, T.DateType):
        return _date(text, options.get("dateFormat"))
    if isinstance(kind, (T.TimestampType, T.TimestampNTZType)):
        return _timestamp(text, name, options.get("timestampFormat"))
    if isinstance(kind, _WHOLE_NUMBERS):
        return F.coalesce(
            text.try_cast(name), F.regexp_extract(text, text_forms.WHOLE, 1).try_cast(name)
        )
    if isinstance(kind, T.DecimalType):
        return _decimal(text, kind)
    if isinstance(kind, T.VariantType):
        return F.try_parse_json(text)
    return text.try_cast(name)


def open_nested(text: Column, kind: T.DataType) -> Column:
    """Parse the JSON text of a nested value into a struct of ``value``, with its leaves as text,
    and ``broken``.

    ``broken`` is NULL where the text has the declared structure. Decimals of more than 28 digits
    inside a nested value are rounded to their scale, since no wider type exists to compare with.
    """
    schema = T.StructType().add("value", _with_text(kind)).add("broken", T.StringType())
    document = F.concat(F.lit('{"value":'), text, F.lit("}"))
    return F.from_json(document, schema, {"columnNameOfCorruptRecord": "broken"})


def cast_nested(value: Column, kind: T.DataType, options: Mapping[str, str]) -> Column:
    """Cast the leaves of ``open_nested``'s value; a leaf that does not fit becomes NULL."""
    if isinstance(kind, T.ArrayType):
        element = kind.elementType
        return F.transform(value, lambda part: cast_nested(part, element, options))
    if isinstance(kind, T.MapType):
        inner = kind.valueType
        return F.transform_values(value, lambda _, part: cast_nested(part, inner, options))
    if isinstance(kind, T.StructType):
        parts = [cast_nested(value[f.name], f.dataType, options).alias(f.name) for f in kind.fields]
        return F.when(value.isNotNull(), F.struct(*parts))
    return cast_scalar(value, kind, options)


def fits(value: Column, kind: T.DataType, options: Mapping[str, str]) -> Column:
    """Whether every leaf of ``open_nested``'s value fits its type; true for NULL."""
    if isinstance(kind, T.ArrayType):
        element = kind.elementType
        return _true_for_null(F.forall(value, lambda part: fits(part, element, options)))
    if isinstance(kind, T.MapType):
        inner = kind.valueType
        return _true_for_null(
            F.forall(F.map_values(value), lambda part: fits(part, inner, options))
        )
    if isinstance(kind, T.StructType):
        return reduce(and_, (fits(value[f.name], f.dataType, options) for f in kind.fields))
    if isinstance(kind, T.StringType):
        return F.lit(True)
    return value.isNull() | cast_scalar(value, kind, options).isNotNull()


def _true_for_null(condition: Column) -> Column:
    return F.coalesce(condition, F.lit(True))


def _date(text: Column, form: str | None) -> Column:
    if form:
        return F.try_to_timestamp(text, F.lit(form)).cast("date")
    return F.when(text.rlike(text_forms.DATE), F.substring(F.btrim(text), 1, 10).try_cast("date"))


def _timestamp(text: Column, name: str, form: str | None) -> Column:
    if form:
        return F.try_to_timestamp(text, F.lit(form)).cast(name)
    return F.when(text.rlike(text_forms.TIMESTAMP), text.try_cast(name))


def _decimal(text: Column, kind: T.DecimalType) -> Column:
    name = kind.simpleString()
    if kind.precision + _NOISE <= _MAX_PRECISION:
        wide = text.try_cast(_wider(kind).simpleString())
        return F.when(wide == wide.try_cast(name), wide.try_cast(name))
    # No wider decimal exists to compare with, so the digits are matched as text.
    lossy = text.rlike(rf"\.\d{{{kind.scale}}}0{{0,{_NOISE - 1}}}[1-9]|[eE]-")
    return F.when(~lossy, text.try_cast(name))


def _wider(kind: T.DecimalType) -> T.DecimalType:
    whole_digits = kind.precision - kind.scale
    return T.DecimalType(_MAX_PRECISION, min(kind.scale + _NOISE, _MAX_PRECISION - whole_digits))


def _with_text(kind: T.DataType) -> T.DataType:
    """The type with its leaves as text. Decimals stay decimals, only wider: as text from_json would
    round them to a double."""
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_with_text(kind.elementType))
    if isinstance(kind, T.MapType):
        return T.MapType(T.StringType(), _with_text(kind.valueType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, _with_text(f.dataType)) for f in kind.fields])
    return _wider(kind) if isinstance(kind, T.DecimalType) else T.StringType()
