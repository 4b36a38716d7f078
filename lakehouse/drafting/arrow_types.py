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


def spark_type(kind: pa.DataType) -> str:
    """The type of a column in a declaration; ``NOT_READABLE`` where Spark reads no such column.

    A timestamp without a zone is declared as ``timestamp``: its wall-clock time is read as UTC,
    like that of a text file.
    """
    import pyarrow.types as is_

    if is_.is_dictionary(kind):
        return spark_type(kind.value_type)
    if is_.is_decimal(kind) and kind.precision <= 38 and 0 <= kind.scale <= kind.precision:
        return f"decimal({kind.precision},{kind.scale})"
    if is_.is_timestamp(kind):
        return NOT_READABLE if kind.unit == "ns" else "timestamp"
    if is_.is_struct(kind):
        parts = {field.name: spark_type(field.type) for field in kind}
        return NOT_READABLE if NOT_READABLE in parts.values() else struct_type(parts) or "string"
    if is_.is_map(kind):
        return _nested("map", [spark_type(kind.key_type), spark_type(kind.item_type)])
    if is_.is_list(kind) or is_.is_large_list(kind):
        return _nested("array", [spark_type(kind.value_type)])
    return _SIMPLE.get(str(kind), NOT_READABLE)


def _nested(word: str, parts: list[str]) -> str:
    return NOT_READABLE if NOT_READABLE in parts else f"{word}<{','.join(parts)}>"
