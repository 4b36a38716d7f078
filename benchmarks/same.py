"""Whether both sides came to the same tables: ``python -m benchmarks.same LIBRARY BY_HAND``.

All of gold, and the history of the silver tables without personal data: the others hold tokens here
and names by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lakehouse.storage.session import spark_session

TABLES = (
    "gold/daily_active_users",
    "gold/weekly_store_sales",
    "gold/quarterly_department_revenue",
    "silver/order_lines",
    "silver/stores",
)


def main(library: str, by_hand: str) -> int:
    """0 when every table holds the same multiset of rows on both sides."""
    spark = spark_session(Path("conf"))
    spark.sparkContext.setLogLevel("ERROR")
    bad = 0
    for table in TABLES:
        ours = spark.read.format("delta").load(f"{library}/{table}")
        theirs = spark.read.format("delta").load(f"{by_hand}/{table}").select(*ours.columns)
        more, fewer = ours.exceptAll(theirs).count(), theirs.exceptAll(ours).count()
        print(f"{table}: {ours.count()} rows, {more} only here, {fewer} only by hand")
        bad += more + fewer
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
