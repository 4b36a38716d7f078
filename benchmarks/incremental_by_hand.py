"""A day by hand: the best incremental PySpark + Delta script that we can write for `retail`.

It continues what ``by_hand`` built, and comes to the rows that ``by_hand`` would build with the
day. It reads the day's files alone and keeps their rows in memory: bronze appends them, silver
appends them or merges the versions of their keys, and gold computes the groups that they touch
and merges these. It knows nothing of other days, so a day that is run twice is stored twice.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarks import incremental_gold, retail
from benchmarks.by_hand import Work, read, read_files, run_side_by_side, writer

ENDS = ("valid_to", "known_to", "is_current")  # the columns of a stored version that can change


def run_day(spark: SparkSession, landing: Path, warehouse: Path, day: date) -> None:
    """Bronze, silver and gold of one day, the next one after those that are built."""
    place = str(warehouse)
    files = {name: find_files(landing / name, day) for name in retail.SHAPES}
    new = {name: read_files(spark, name, paths).persist() for name, paths in files.items() if paths}
    shaped = {name: retail.SHAPES[name](rows) for name, rows in new.items()}
    run_side_by_side(_source(spark, place, name, rows, shaped[name]) for name, rows in new.items())
    run_side_by_side(incremental_gold.refresh(spark, place, shaped))
    for rows in new.values():
        rows.unpersist()


def find_files(folder: Path, day: date) -> list[str]:
    """The files, or folders of files, that are named after the day."""
    return [str(entry) for entry in sorted(folder.glob(f"{day}*"))]


def _source(
    spark: SparkSession, warehouse: str, name: str, new: DataFrame, rows: DataFrame
) -> Work:
    """Append a source's new rows to bronze, and bring them into its silver table."""

    def work() -> None:
        bronze, silver = f"bronze/{name}", f"silver/{name}"
        writer(new, bronze).mode("append").save(f"{warehouse}/{bronze}")
        stored = read(spark, warehouse, silver)
        if name in retail.KEYS:
            _merge_versions(spark, f"{warehouse}/{silver}", stored, rows, retail.KEYS[name])
        else:
            writer(_unseen(stored, rows), silver).mode("append").save(f"{warehouse}/{silver}")

    return work


def _unseen(stored: DataFrame, events: DataFrame) -> DataFrame:
    """The first row of each new event that is not stored. Only stored events that are sent again
    are held, which are few; the stored ones are streamed past the new ids."""
    new = retail.first_known(events)
    ids = F.broadcast(new.select("event_id"))
    again = stored.select("event_id").join(ids, on="event_id", how="left_semi")
    return new.join(F.broadcast(again), on="event_id", how="left_anti")


def _merge_versions(
    spark: SparkSession, path: str, stored: DataFrame, rows: DataFrame, keys: tuple[str, ...]
) -> None:
    """Insert the new versions, and update the ends of stored versions that they change.

    Of stored rows only keys, times and ends are read. Order A was placed at 9, shipped at 12:

        A  9  -> is_current                      stored
        A 12                                     new
        A  9  -> valid_to 12, not current        updated: its ends differ
        A 12  -> is_current                      inserted
    """
    versions = retail.history(_known_rows(stored, rows, keys), *keys)
    changes = versions.where(_is_new_or_changed()).drop("_old_ends")
    identity = [*keys, "valid_from", "known_from"]
    match = " AND ".join(f"t.{name} = s.{name}" for name in identity)
    (
        DeltaTable.forPath(spark, path)
        .alias("t")
        .merge(changes.alias("s"), match)
        .whenMatchedUpdate(set={name: f"s.{name}" for name in ENDS})
        .whenNotMatchedInsertAll()
        .execute()
    )


def _known_rows(stored: DataFrame, rows: DataFrame, keys: tuple[str, ...]) -> DataFrame:
    """The new rows, and the stored versions of their keys with ``_old_ends``; the columns that a
    version's ends do not depend on are NULL in these."""
    touched = F.broadcast(rows.select(*keys).distinct())
    deletes = ["op"] if "op" in rows.columns else []
    old = stored.select(
        *keys,
        *deletes,
        "updated_at",
        F.col("known_from").alias("_known_date"),
        F.struct(*ENDS).alias("_old_ends"),
    ).join(touched, on=list(keys), how="left_semi")
    return rows.unionByName(old, allowMissingColumns=True)


def _is_new_or_changed() -> Column:
    return F.col("_old_ends").isNull() | ~F.col("_old_ends").eqNullSafe(F.struct(*ENDS))
