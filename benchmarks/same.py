"""Whether two warehouses hold the same rows: ``python -m benchmarks.same A B [--by-hand]``.

All of gold, and the history of the silver tables without personal data: the others hold tokens in
the library's and names in those by hand. With ``--by-hand`` both are by hand, and all are compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.storage.session import spark_session

GOLD = ("gold/daily_active_users", "gold/weekly_store_sales", "gold/quarterly_department_revenue")
TABLES = (*GOLD, "silver/order_lines", "silver/stores")
BY_HAND = (*TABLES, "silver/orders", "silver/customers", "silver/web_events")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every table holds the same multiset of rows in both warehouses."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.same", description=__doc__)
    parser.add_argument("warehouses", nargs=2)
    parser.add_argument("--by-hand", action="store_true", help="compare the other tables too")
    parser.add_argument("--tables", type=lambda text: text.split(","), help="only these")
    asked = parser.parse_args(arguments)
    spark = spark_session(Path("conf"))
    spark.sparkContext.setLogLevel("ERROR")
    one, other = asked.warehouses
    tables = asked.tables or (BY_HAND if asked.by_hand else TABLES)
    return 1 if sum(differing_rows(spark, one, other, table) for table in tables) else 0


def differing_rows(spark: SparkSession, one: str, other: str, table: str) -> int:
    """How many rows of a table are in one of two warehouses only; prints a line."""
    ours = spark.read.format("delta").load(f"{one}/{table}")
    theirs = spark.read.format("delta").load(f"{other}/{table}").select(*ours.columns)
    more, fewer = ours.exceptAll(theirs).count(), theirs.exceptAll(ours).count()
    print(f"{table}: {ours.count()} rows, {more} only in the first, {fewer} only in the second")
    return more + fewer


if __name__ == "__main__":
    sys.exit(main())
