"""The same tables by hand: the best PySpark + Delta script that we can write for them.

Bronze to gold of `retail` with the same columns, history, aggregates and Delta properties, and the
same session settings; no privacy, no rules, no quarantine, no record, and no second run: it builds
the whole. Every schema is given, every table is read and written once, nothing is counted on the
way, and tables are written side by side: a source goes on to silver as soon as it is in bronze.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from benchmarks import retail, retail_gold

THREADS = 4

Work = Callable[[], None]


def build(spark: SparkSession, landing: Path, warehouse: Path, last: date) -> None:
    """Bronze, silver and gold from the files up to the day ``last``, anew."""
    place = str(warehouse)
    run_side_by_side(_source(spark, landing, place, name, last) for name in retail.SHAPES)
    run_side_by_side(_overwrite(rows, place, name) for name, rows in _gold(spark, place).items())


def run_side_by_side(works: Iterable[Work]) -> None:
    """Run all in threads; raises the first error."""
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work) for work in works]:
            done.result()


def read(spark: SparkSession, warehouse: str, table: str) -> DataFrame:
    """A table of the script by its path below the warehouse: ``silver/orders``."""
    return spark.read.format("delta").load(f"{warehouse}/{table}")


def read_files(spark: SparkSession, name: str, paths: list[str]) -> DataFrame:
    """The typed rows of files, with the file of each row and its day."""
    reader = spark.read.schema(retail.SCHEMAS[name])
    rows = reader.option("header", True).csv(paths) if name in retail.CSV else reader.json(paths)
    file = F.col("_metadata.file_path")
    day = F.regexp_extract(file, r"/(\d{4}-\d{2}-\d{2})[./]", 1).cast("date")
    return rows.select("*", file.alias("_source_file"), day.alias("_known_date"))


def writer(rows: DataFrame, table: str) -> DataFrameWriter:
    """A writer that creates a table with the properties that the library gives it."""
    has_vectors = not table.startswith("gold/")
    return rows.write.format("delta").options(
        **{
            "delta.enableChangeDataFeed": "true",
            "delta.enableDeletionVectors": str(has_vectors).lower(),
        }
    )


def _overwrite(rows: DataFrame, warehouse: str, table: str) -> Work:
    return lambda: writer(rows, table).mode("overwrite").save(f"{warehouse}/{table}")


def _source(spark: SparkSession, landing: Path, warehouse: str, name: str, last: date) -> Work:
    """Bronze of a source, then its silver table."""

    def work() -> None:
        rows = read_files(spark, name, _files(landing / name, last))
        _overwrite(rows, warehouse, f"bronze/{name}")()
        silver = _silver(read(spark, warehouse, f"bronze/{name}"), name)
        _overwrite(silver, warehouse, f"silver/{name}")()

    return work


def _files(folder: Path, last: date) -> list[str]:
    """Files, or folders of files, named after a day that is not after ``last``."""
    return [str(entry) for entry in sorted(folder.iterdir()) if entry.name[:10] <= str(last)]


def _silver(bronze: DataFrame, name: str) -> DataFrame:
    rows = retail.SHAPES[name](bronze)
    keys = retail.KEYS.get(name)
    return retail.history(rows, *keys) if keys else retail.first_known(rows)


def _gold(spark: SparkSession, warehouse: str) -> dict[str, DataFrame]:
    silver = {name: read(spark, warehouse, f"silver/{name}") for name in retail.SHAPES}
    orders = retail_gold.counted(silver["orders"])
    lines, stores = (silver[name].where("is_current") for name in ("order_lines", "stores"))
    return {
        "gold/weekly_store_sales": retail_gold.weekly_store_sales(orders, lines, stores),
        "gold/quarterly_department_revenue": retail_gold.quarterly_department_revenue(
            orders, lines
        ),
        "gold/daily_active_users": retail_gold.daily_active_users(silver["web_events"]),
    }
