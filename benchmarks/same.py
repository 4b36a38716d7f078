"""Whether both sides came to the same gold: ``python -m benchmarks.same LIBRARY BY_HAND``."""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse.storage.session import spark_session

GOLD = ("daily_active_users", "weekly_store_sales", "quarterly_department_revenue")


def main(library: str, by_hand: str) -> int:
    """0 when every gold table holds the same multiset of rows on both sides."""
    spark = spark_session(Path("conf"))
    spark.sparkContext.setLogLevel("ERROR")
    bad = 0
    for table in GOLD:
        ours = spark.read.format("delta").load(f"{library}/gold/{table}")
        theirs = spark.read.format("delta").load(f"{by_hand}/gold/{table}").select(*ours.columns)
        more, fewer = ours.exceptAll(theirs).count(), theirs.exceptAll(ours).count()
        print(f"gold.{table}: {ours.count()} rows, {more} only here, {fewer} only by hand")
        bad += more + fewer
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
