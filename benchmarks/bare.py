"""The least that a process with Spark does: start it and count one Delta table, by plain PySpark.

``python benchmarks/bare.py TABLE`` with ``SPARK_CONF_DIR`` of the project, so that the settings are
those of the library.
"""

from __future__ import annotations

import sys

from pyspark.sql import SparkSession


def main(table: str) -> None:
    """Print the number of rows of the Delta table in the folder ``table``."""
    spark = SparkSession.builder.appName("bare").getOrCreate()
    print(spark.read.format("delta").load(table).count(), "rows")


if __name__ == "__main__":
    main(sys.argv[1])
