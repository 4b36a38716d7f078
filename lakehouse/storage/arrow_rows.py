"""Read the rows of a table as Arrow columns: on a local disk without Spark.

Spark plans a query and starts a job for any read, which costs a small table of records a second in
a new session. The files that the log names hold the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as fs

from lakehouse.storage.data_files import read_data_files
from lakehouse.storage.tables import Tables

# As Spark reads them: a timestamp of 96 bits as microseconds, not as nanoseconds until 2262.
_PARQUET = ds.ParquetFileFormat(
    read_options=ds.ParquetReadOptions(coerce_int96_timestamp_unit="us")
)


def read_arrow(tables: Tables, table: str, columns: pa.Schema) -> pa.Table:
    """The current rows of an existing table with these columns; one that it lacks is NULL.

    Read from its Parquet files where ``read_data_files`` finds them and they can be read, with
    Spark elsewhere, which reports what is damaged.
    """
    folder = tables.local_folder(table)
    files = None if folder is None else read_data_files(folder)
    rows = None if files is None else _read_files(files, columns)
    return _read_with_spark(tables, table, columns) if rows is None else rows


def _read_files(files: Sequence[Path], columns: pa.Schema) -> pa.Table | None:
    """The rows of the files; None where one is gone (a VACUUM), damaged or of other types."""
    try:
        return ds.FileSystemDataset.from_paths(
            [str(file) for file in files],
            schema=columns,
            format=_PARQUET,
            filesystem=fs.LocalFileSystem(),
        ).to_table()
    except (OSError, pa.ArrowException):
        return None


def _read_with_spark(tables: Tables, table: str, columns: pa.Schema) -> pa.Table:
    frame = tables.read(table)
    present = [name for name in columns.names if name in frame.columns]
    # As Arrow: collect() would convert timestamps through Python's local zone.
    rows = frame.select(*present).toArrow()
    arrays = [
        rows[field.name].cast(field.type)
        if field.name in present
        else pa.nulls(rows.num_rows, field.type)
        for field in columns
    ]
    return pa.table(arrays, schema=columns)
