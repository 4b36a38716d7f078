"""Settings of the Spark session: those for small data, and what a test changes for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

SMALL_DATA = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
}
"""As the library sets them for the refresh of a small table (lakehouse/storage/session.py). The
session of the tests has them; the sessions of refreshes begin as ``conf/spark`` says."""
GENERATED_CODE = {
    "spark.sql.codegen.wholeStage": "true",
    "spark.sql.codegen.factoryMode": "FALLBACK",
}
LARGE_DATA = {
    **GENERATED_CODE,
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.shuffle.partitions": "4",
}
"""As in ``conf/spark``, for tests that read more than a few thousand rows."""
ONE_WRITER = ("spark.delta.logStore.file.impl", "io.delta.storage.LocalLogStore")
"""Commits of one process, made without starting a program for each link in the log."""


@contextmanager
def changed_settings(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """Set ``settings``, and restore the earlier values at the end, after a failure as well."""
    before = {name: spark.conf.get(name, None) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                spark.conf.unset(name)
            else:
                spark.conf.set(name, value)
