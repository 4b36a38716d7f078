"""The Spark session: taken where there is one (spark-submit, Databricks, Connect), else built."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import RunFailed
from lakehouse.storage.launch import is_launched_here, launch

logger = logging.getLogger(__name__)

# What the meaning of the data depends on, so it is set at run time wherever the session is from.
_REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}

_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"


def spark_session(conf_dir: Path) -> SparkSession:
    """The active session, or a new one; see ``launch`` for its configuration.

    Raises RunFailed when Spark does not start, or starts without Delta.
    """
    spark = SparkSession.getActiveSession()
    if spark is None:
        spark = launch(conf_dir)
        if is_launched_here():
            _require_delta(spark)
    logger.debug("Spark %s", spark.version)
    return apply_required_conf(spark)


def _require_delta(spark: SparkSession) -> None:
    """Raises RunFailed where Delta's classes or its extension are missing."""
    # py4j gives a package for every name that is no class.
    java: Any = spark.sparkContext._jvm
    is_there = type(java.io.delta.sql.DeltaSparkSessionExtension).__name__ == "JavaClass"
    configured = spark.conf.get("spark.sql.extensions", "") or ""
    if is_there and _EXTENSION in configured:
        return
    spark.stop()
    raise RunFailed(
        "Spark started without Delta",
        where=f"{os.environ.get('SPARK_CONF_DIR', 'SPARK_HOME/conf')}/spark-defaults.conf",
        hint="set spark.jars.packages (or spark.jars), spark.sql.extensions and "
        "spark.sql.catalog.spark_catalog there as Delta's quick start says, or remove that "
        "configuration: the defaults of lakehouse then bring Delta",
    )


def apply_required_conf(spark: SparkSession) -> SparkSession:
    """The session with the settings that the meaning of the data depends on.

    PySpark logs a failed query with its text and a Java trace, in which values of rows can stand;
    the library says in its own words what failed, so that log is off.
    """
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for key, value in _REQUIRED.items():
        spark.conf.set(key, value)
    return spark


def is_connect(spark: SparkSession) -> bool:
    """Whether the session talks to a server by Spark Connect."""
    return type(spark).__module__.startswith("pyspark.sql.connect")


def keep(frame: DataFrame) -> DataFrame:
    """The frame, computed once while it is read more than once; over Connect, where a server may
    refuse to keep anything, it is computed each time, with the same rows."""
    return frame if is_connect(frame.sparkSession) else frame.persist()


def release(frame: DataFrame) -> None:
    """Give back what ``keep`` took."""
    if not is_connect(frame.sparkSession):
        frame.unpersist()


def sibling(spark: SparkSession) -> SparkSession:
    """A session with settings of its own for a thread, since Delta's commit tags are settings.

    Over Connect the session itself: there, tables are refreshed one after the other.
    """
    return spark if is_connect(spark) else apply_required_conf(spark.newSession())
