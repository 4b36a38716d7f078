"""The Spark session: taken where there is one (spark-submit, Databricks, Connect), else built."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from lakehouse.errors import RunFailed

# What the meaning of the data depends on, so it is set at run time wherever the session is from.
_REQUIRED = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}


def spark_session(conf_dir: Path) -> SparkSession:
    """The active session, or a new one with the defaults of ``<conf_dir>/spark``.

    Raises RunFailed when Spark does not start.
    """
    spark = SparkSession.getActiveSession() or _started(conf_dir)
    return apply_required_conf(spark)


def _started(conf_dir: Path) -> SparkSession:
    defaults = conf_dir / "spark"
    if defaults.is_dir():
        os.environ.setdefault("SPARK_CONF_DIR", str(defaults.resolve()))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not os.environ.get("SPARK_HOME"):
        os.environ.pop("SPARK_HOME", None)
    try:
        return SparkSession.builder.appName("lakehouse").getOrCreate()
    except Exception as problem:
        raise RunFailed(
            f"Spark did not start: {type(problem).__name__}",
            hint="Java 17 or newer must be on PATH; --debug shows the whole error",
        ) from problem


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
