"""Parquet and ORC: typed columns, read with PyArrow."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lakehouse.drafting.arrow_types import NOT_READABLE, spark_type
from lakehouse.drafting.reading import MAX_ROWS, NotUnderstood, Reading
from lakehouse.drafting.values import Number, Value

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_DAMAGED = NotUnderstood("damaged, or not of the format that its name says")


def read_parquet(path: Path) -> Reading | NotUnderstood:
    """The schema of a file and rows of its first row group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, coerce_int96_timestamp_unit="us") as file:
            batches = file.iter_batches(batch_size=MAX_ROWS)
            table = next((pa.Table.from_batches([batch]) for batch in batches), None)
            types = {field.name: spark_type(field.type) for field in file.schema_arrow}
            return _reading("parquet", types, len(file.schema_arrow), table)
    except (pa.ArrowException, OSError):
        return _DAMAGED


def read_orc(path: Path) -> Reading | NotUnderstood:
    """The schema of a file and rows of its first stripe."""
    import pyarrow as pa
    from pyarrow import orc

    try:
        file = orc.ORCFile(path)
        batch = file.read_stripe(0) if file.nstripes else None
        table = None if batch is None else pa.Table.from_batches([batch]).slice(0, MAX_ROWS)
        types = {field.name: spark_type(field.type, nanoseconds=True) for field in file.schema}
        return _reading("orc", types, len(file.schema), table)
    except (pa.ArrowException, OSError):
        return _DAMAGED


def _reading(
    form: str, types: dict[str, str], width: int, table: pa.Table | None
) -> Reading | NotUnderstood:
    bad = sorted(name for name, kind in types.items() if kind == NOT_READABLE)
    if bad:
        return NotUnderstood(
            f"{len(bad)} of {width} columns have a type that Spark cannot read, such as times in "
            "nanoseconds; write timestamps in microseconds"
        )
    if not types or len(types) < width:
        return NotUnderstood("no columns, or two of the same name")
    rows = [] if table is None else list(_rows(table, list(types)))
    return Reading(form, {}, tuple(types), tuple(rows), types)


def _rows(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[Value, ...]]:
    for row in table.to_pylist():
        yield tuple(_value(row[name]) for name in names)


def _value(value: Any) -> Value:
    """The value with its scalars as text; binary content is not looked at."""
    if value is None or isinstance(value, bytes):
        return None
    if isinstance(value, bool | str):
        return value
    if isinstance(value, dict):
        return {str(name): _value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_value(part) for part in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return Number(value)
