"""Launch Spark in this process, with its configuration and Delta's jars."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from lakehouse.errors import RunFailed

_SHIPPED = (Path(__file__).with_name("spark_conf"), Path(__file__).parents[2] / "conf" / "spark")
"""The shipped Spark defaults for one machine: in an installed wheel, and in the repository."""
_JAVA_OPTIONS = "LAKEHOUSE_JAVA_OPTIONS"
_FOR_LITTLE_DATA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
_MEMORY_FOR_LITTLE_DATA = "2g"
_LAUNCHED_ELSEWHERE = ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION")
"""Variables set by ``spark-submit``, Spark Connect and Databricks, where Spark already runs."""


def is_launched_here(variables: Mapping[str, str] = os.environ) -> bool:
    """Whether this process launches Spark, and so chooses its configuration."""
    return not any(variables.get(name) for name in _LAUNCHED_ELSEWHERE)


def configuration(conf_dir: Path, variables: Mapping[str, str] = os.environ) -> Path | None:
    """The folder for SPARK_CONF_DIR: ``<conf_dir>/spark``, or else the shipped defaults.

    None where Spark is configured elsewhere: by SPARK_CONF_DIR, or in the installation at
    SPARK_HOME.
    """
    if variables.get("SPARK_CONF_DIR"):
        return None
    folder = conf_dir / "spark"
    if folder.is_dir():
        return folder.resolve()
    if variables.get("SPARK_HOME"):
        return None
    return next((shipped for shipped in _SHIPPED if shipped.is_dir()), None)


def launch(conf_dir: Path, *, is_little: bool = False) -> SparkSession:
    """Start a session whose workers use the Python of this process.

    ``is_little`` starts the JVM with options for little data, unless LAKEHOUSE_JAVA_OPTIONS is set;
    the shipped ``spark-env.sh`` reads them. With the shipped defaults it also has less memory.

    With the shipped defaults, and where Delta's jars are not installed with Spark, Spark downloads
    them from Maven Central as in Delta's quick start. Raises RunFailed if Spark does not start.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if not os.environ.get("SPARK_HOME"):
        os.environ.pop("SPARK_HOME", None)
    builder = SparkSession.builder.appName("lakehouse")
    if not is_launched_here():
        return _build(builder, fetches=False)
    folder = configuration(conf_dir)
    if folder is not None:
        os.environ["SPARK_CONF_DIR"] = str(folder)
    if is_little and Path(os.environ.get("SPARK_CONF_DIR", "")).resolve() in _SHIPPED:
        builder = builder.config("spark.driver.memory", _MEMORY_FOR_LITTLE_DATA)
    fetches = folder in _SHIPPED and not has_delta_jars(Path(pyspark.__file__).parent)
    if fetches:
        # Imported here: a cluster with Delta's jars may lack its Python package.
        from delta import configure_spark_with_delta_pip

        builder = configure_spark_with_delta_pip(builder)
    with _java_options(_FOR_LITTLE_DATA if is_little else None):
        return _build(builder, fetches=fetches)


@contextmanager
def _java_options(options: str | None) -> Iterator[None]:
    """Set LAKEHOUSE_JAVA_OPTIONS while the JVM is launched, unless the user has set it."""
    if options is None or os.environ.get(_JAVA_OPTIONS):
        yield
        return
    os.environ[_JAVA_OPTIONS] = options
    try:
        yield
    finally:
        del os.environ[_JAVA_OPTIONS]


def has_delta_jars(spark_home: Path, variables: Mapping[str, str] = os.environ) -> bool:
    """Whether Delta's jars are installed with Spark, or PYSPARK_SUBMIT_ARGS names jars."""
    named = re.search(r"--jars|--packages|spark\.jars", variables.get("PYSPARK_SUBMIT_ARGS", ""))
    return bool(named) or any((spark_home / "jars").glob("*delta-spark_*.jar"))


def _build(builder: SparkSession.Builder, *, fetches: bool) -> SparkSession:
    try:
        return builder.getOrCreate()
    except Exception as problem:
        hint = "Java 17 or newer must be on PATH; --debug shows the full error"
        if fetches:
            hint = f"Delta's jars must be reachable on Maven Central, or set in spark.jars; {hint}"
        raise RunFailed(f"Spark did not start: {type(problem).__name__}", hint=hint) from problem
