"""The Spark session: the active one (spark-submit, Databricks, Connect), or else a new one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from lakehouse.errors import RunFailed
from lakehouse.storage.data_size import is_little
from lakehouse.storage.launch import is_launched_here, launch

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

# Results depend on these settings, so they are set at run time whatever the session's origin.
_REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}

_MATERIALIZE = "spark.databricks.delta.merge.materializeSource"
_SMALL = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
    _MATERIALIZE: "none",  # the source of a MERGE is on the driver, see ``materialize_merges``
    # A small file is written again sooner than its deletion vector: 6 queries instead of 13.
    "spark.databricks.delta.merge.deletionVectors.persistent": "false",
}
_MOST_BYTES = 32 * 2**20  # beyond 48 MiB Spark distributes the rows again
_ARROW_TYPES = (
    *(T.StringType, T.BinaryType, T.BooleanType, T.NumericType),
    *(T.DateType, T.TimestampType, T.TimestampNTZType),
)

_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"


@dataclass(frozen=True)
class Rows:
    """Collected rows, and their schema in Spark."""

    table: pa.Table
    schema: T.StructType

    def select(self, names: Sequence[str]) -> Rows:
        """These columns, in this order."""
        schema = T.StructType([self.schema[name] for name in names])
        return Rows(self.table.select(list(names)), schema)


def start_session(conf_dir: Path, places: Sequence[str] = ()) -> Callable[[], SparkSession]:
    """``spark_session`` in the background: the function that is returned waits for it.

    Spark's JVM takes seconds to start, in which this process can read on. ``places`` are the
    folders of the run's data, by which the JVM's options are chosen.
    """
    active = SparkSession.getActiveSession()
    little = active is None and bool(places) and is_little(places)
    starter = ThreadPoolExecutor(1)
    started = starter.submit(spark_session, conf_dir, active, is_little=little)
    starter.shutdown(wait=False)

    def wait() -> SparkSession:
        spark = started.result()
        if active is None and not is_connect(spark):
            java: Any = spark.sparkContext._jvm
            java.SparkSession.setActiveSession(spark._jsparkSession)
        return spark

    return wait


def spark_session(
    conf_dir: Path, active: SparkSession | None = None, *, is_little: bool = False
) -> SparkSession:
    """The ``active`` session, by default that of this thread, or a new one; see ``launch`` for its
    configuration.

    Raises RunFailed if Spark does not start, or starts without Delta.
    """
    spark = active or SparkSession.getActiveSession()
    if spark is None:
        spark = launch(conf_dir, is_little=is_little)
        if is_launched_here():
            _require_delta(spark)
    logger.debug("Spark %s", spark.version)
    return apply_required_conf(spark)


def _require_delta(spark: SparkSession) -> None:
    """Raise RunFailed if Delta's classes or its extension are missing."""
    # For a name that is not a class, py4j returns a package.
    java: Any = spark.sparkContext._jvm
    has_classes = type(java.io.delta.sql.DeltaSparkSessionExtension).__name__ == "JavaClass"
    configured = spark.conf.get("spark.sql.extensions", "") or ""
    if has_classes and _EXTENSION in configured:
        return
    spark.stop()
    raise RunFailed(
        "Spark started without Delta",
        where=f"{os.environ.get('SPARK_CONF_DIR', 'SPARK_HOME/conf')}/spark-defaults.conf",
        hint="set spark.jars.packages (or spark.jars), spark.sql.extensions and "
        "spark.sql.catalog.spark_catalog there as in Delta's quick start, or remove that "
        "configuration to use the defaults of lakehouse, which include Delta",
    )


def apply_required_conf(spark: SparkSession) -> SparkSession:
    """Set the settings on which results depend.

    Also switches off PySpark's log of failed queries, whose text and Java trace can contain values
    of rows; the library reports failures itself.
    """
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for key, value in _REQUIRED.items():
        spark.conf.set(key, value)
    return spark


def is_connect(spark: SparkSession) -> bool:
    """Whether this is a Spark Connect session."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def tune_for_small_tables(spark: SparkSession) -> None:
    """Settings with which a MERGE of few rows takes three quarters of the time; same results.

    Planning takes longer than the work then: adaptive execution plans each query again after every
    stage, and generated code is compiled for a few rows. Only for a session of one refresh.
    """
    for key, value in _SMALL.items():
        spark.conf.set(key, value)


def cache_without_compression(spark: SparkSession) -> None:
    """Cache frames as they are, in half the processor time. Only for a session of one refresh."""
    spark.conf.set("spark.sql.inMemoryColumnarStorage.compressed", "false")


def materialize_merges(spark: SparkSession) -> None:
    """Let Delta materialise the source of a MERGE again, as where no session is tuned.

    A MERGE reads its source twice, and a source that is not on the driver may be computed twice.
    """
    spark.conf.unset(_MATERIALIZE)


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


def sibling(spark: SparkSession) -> SparkSession:
    """A session with separate settings for a thread, since Delta's commit tags are settings.

    Over Connect the session itself; there, tables are refreshed one after another.
    """
    return spark if is_connect(spark) else apply_required_conf(spark.newSession())
