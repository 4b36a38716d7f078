"""Arrow's types as the types with which Spark reads the same columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.drafting.nested_types import struct_type

if TYPE_CHECKING:
    import pyarrow as pa

NOT_READABLE = "not readable"
"""Instead of a type: Spark refuses files with such a column."""
_SIMPLE = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
    "uint8": "smallint", "uint16": "int", "uint32": "bigint", "uint64": "decimal(20,0)",
    "float": "float", "double": "double", "string": "string", "large_string": "string",
    "string_view": "string", "binary": "binary", "large_binary": "binary", "date32[day]": "date",
    "null": "string",
}  # fmt: skip


def spark_type(kind: pa.DataType, *, nanoseconds: bool = False) -> str:
    """The type of a column in a declaration; ``NOT_READABLE`` where Spark reads no such column.

    A timestamp without a zone is declared as ``timestamp``: its wall-clock time is read as UTC,
    like that of a text file. ``nanoseconds``: whether Spark reads such times in this format. A map
    is a string of JSON, since maps cannot be compared, which silver has to do.
    """
    import pyarrow.types as is_

    if is_.is_dictionary(kind):
        return spark_type(kind.value_type, nanoseconds=nanoseconds)
    if is_.is_decimal(kind) and kind.precision <= 38 and 0 <= kind.scale <= kind.precision:
        return f"decimal({kind.precision},{kind.scale})"
    if is_.is_timestamp(kind):
        return NOT_READABLE if kind.unit == "ns" and not nanoseconds else "timestamp"
    if is_.is_struct(kind):
        parts = {field.name: spark_type(field.type, nanoseconds=nanoseconds) for field in kind}
        return NOT_READABLE if NOT_READABLE in parts.values() else struct_type(parts) or "string"
    if is_.is_list(kind) or is_.is_large_list(kind):
        element = spark_type(kind.value_type, nanoseconds=nanoseconds)
        return NOT_READABLE if element == NOT_READABLE else f"array<{element}>"
    return "string" if is_.is_map(kind) else _SIMPLE.get(str(kind), NOT_READABLE)
