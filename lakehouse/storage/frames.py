"""Frames that are read more than once: cached by the executors, or collected to the driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from lakehouse.storage.session import is_connect

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_BYTES = 32 * 2**20  # beyond 48 MiB Spark distributes the rows again
_ARROW_TYPES = (
    *(T.StringType, T.BinaryType, T.BooleanType, T.NumericType),
    *(T.DateType, T.TimestampType, T.TimestampNTZType),
)


@dataclass(frozen=True)
class Rows:
    """Collected rows, and their schema in Spark."""

    table: pa.Table
    schema: T.StructType

    def select(self, names: Sequence[str]) -> Rows:
        """These columns, in this order."""
        schema = T.StructType([self.schema[name] for name in names])
        return Rows(self.table.select(list(names)), schema)


def collect_rows(frame: DataFrame, most: int) -> Rows | None:
    """The rows of a frame on the driver, so that later queries neither compute nor plan it.

    None where it has more than ``most`` rows, or columns whose values cannot pass as Arrow.
    """
    if not all(_passes_as_arrow(field.dataType) for field in frame.schema.fields):
        return None
    rows = frame.limit(most + 1).toArrow()
    if rows.num_rows > most or rows.nbytes > _MOST_BYTES:
        return None
    return Rows(rows, frame.schema)


def local_frame(spark: SparkSession, rows: Rows) -> DataFrame:
    """Collected rows as a frame of a session, planned as a local relation."""
    return spark.createDataFrame(rows.table, rows.schema)


def _passes_as_arrow(kind: T.DataType) -> bool:
    if isinstance(kind, T.StructType):
        return all(_passes_as_arrow(field.dataType) for field in kind.fields)
    if isinstance(kind, T.ArrayType):
        return _passes_as_arrow(kind.elementType)
    return isinstance(kind, _ARROW_TYPES)


def keep(frame: DataFrame) -> DataFrame:
    """Cache a frame that is read more than once.

    Over Connect, where a server may refuse to cache, the frame is recomputed with the same rows.
    """
    return frame if is_connect(frame.sparkSession) else frame.persist()


def release(frame: DataFrame) -> None:
    """Release a frame cached by ``keep``."""
    if not is_connect(frame.sparkSession):
        frame.unpersist()
