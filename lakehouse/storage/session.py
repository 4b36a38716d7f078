"""The Spark session: the active one (spark-submit, Databricks, Connect), or else a new one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.errors import RunFailed
from lakehouse.storage.data_size import is_little
from lakehouse.storage.launch import is_launched_here, launch

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
_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"


def start_session(conf_dir: Path, places: Sequence[str]) -> Callable[[], SparkSession]:
    """``spark_session`` in the background: the function that is returned waits for it.

    Spark's JVM takes seconds to start, in which this process can read on.
    """
    active = SparkSession.getActiveSession()
    starter = ThreadPoolExecutor(1)
    started = starter.submit(spark_session, conf_dir, active, places)
    starter.shutdown(wait=False)

    def wait() -> SparkSession:
        spark = started.result()
        if active is None and not is_connect(spark):
            java: Any = spark.sparkContext._jvm
            java.SparkSession.setActiveSession(spark._jsparkSession)
        return spark

    return wait


def spark_session(
    conf_dir: Path, active: SparkSession | None = None, places: Sequence[str] = ()
) -> SparkSession:
    """The ``active`` session, by default that of this thread, or a new one; see ``launch`` for its
    configuration. ``places`` are the folders of the run's data, by which the JVM's options are
    chosen.

    Raises RunFailed if Spark does not start, or starts without Delta.
    """
    spark = active or SparkSession.getActiveSession()
    if spark is None:
        spark = launch(conf_dir, is_little=bool(places) and is_little(places))
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


def sibling(spark: SparkSession) -> SparkSession:
    """A session with separate settings for a thread, since Delta's commit tags are settings.

    Over Connect the session itself; there, tables are refreshed one after another.
    """
    return spark if is_connect(spark) else apply_required_conf(spark.newSession())
