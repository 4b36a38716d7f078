"""Figure ``joins``: label rows with the newest features of three tables, beside a join of each with
all earlier features and a window that keeps the newest."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from benchmarks.session import compute, open_session, print_pairs, time_pairs
from lakehouse.ml.feature_joins import join_newest

DAYS, KEYS = 90, {"store": 2_000, "product": 20_000, "region": 200}
EVERY = 7
"""Features are of every seventh day."""
MAX_AGE = 14


def main() -> None:
    """Measure both from Parquet files to a sink that drops the rows."""
    spark, asked = open_session("joins", __doc__)
    place = asked.folder / str(asked.rows)
    day = F.date_add(F.lit("2026-01-01").cast("date"), F.col("at").cast("int"))
    keys = [(F.xxhash64("id", F.lit(name)) % size).alias(name) for name, size in KEYS.items()]
    base = spark.range(asked.rows).withColumn("at", F.col("id") % DAYS)
    base.select("id", day.alias("as_of"), *keys).write.mode("overwrite").parquet(f"{place}/rows")
    for name, size in KEYS.items():
        times = spark.range(0, DAYS, EVERY).withColumnRenamed("id", "at")
        both = spark.range(-size, size).withColumnRenamed("id", name).crossJoin(times)
        values = [F.rand(number).alias(f"{name}_{number}") for number in range(5)]
        features = both.select(name, day.alias("as_of"), *values)
        features.write.mode("overwrite").parquet(f"{place}/{name}")
    rows = spark.read.parquet(f"{place}/rows")
    tables = {name: spark.read.parquet(f"{place}/{name}") for name in KEYS}

    def ours() -> None:
        joined = rows
        for name, features in tables.items():
            joined = join_newest(joined, features, on=name, max_age_days=MAX_AGE)
        compute(joined)

    def by_window() -> None:
        joined = rows
        for name, features in tables.items():
            joined = newest_by_window(joined, features, name)
        compute(joined)

    print_pairs(time_pairs(ours, by_window, asked.runs))


def newest_by_window(rows: DataFrame, features: DataFrame, key: str) -> DataFrame:
    """The same by hand: a join with all features that are new enough, and a window over it."""
    known = features.withColumnRenamed("as_of", "_since").withColumnRenamed(key, "_key")
    fits = (F.col(key) == F.col("_key")) & (F.col("_since") <= F.col("as_of"))
    fits &= F.date_diff("as_of", "_since") <= MAX_AGE
    newest = Window.partitionBy("id").orderBy(F.desc("_since"))
    joined = rows.join(known, fits, "left").withColumn("_place", F.row_number().over(newest))
    return joined.where("_place = 1").drop("_place", "_since", "_key")


if __name__ == "__main__":
    main()
