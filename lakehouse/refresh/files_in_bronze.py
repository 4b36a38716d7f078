"""The files of a bronze table, derived from its rows: the ledger is rebuilt from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyspark.sql import functions as F

from lakehouse.refresh import replacements
from lakehouse.refresh.batch import Replaced
from lakehouse.sources.file_record import FileRecord
from lakehouse.storage.tables import Tables


def rebuild(
    recorded: Mapping[str, FileRecord], in_bronze: Mapping[str, FileRecord]
) -> dict[str, FileRecord]:
    """The ledger derived from bronze: a file was loaded if and only if bronze has rows of it.

    A file without rows leaves no trace in bronze, so its record is kept. So is what only the
    ledger knows of a loaded file: its length, modification time, content hash and replaced loads.
    """
    rebuilt: dict[str, FileRecord] = {}
    for path, record in recorded.items():
        if record.outcome in ("ignored", "unreadable", "not_understood") or record.rows == 0:
            rebuilt[path] = record
        elif record.replaced:
            # Bronze has only replaced contents of the file, so it is loaded again.
            rebuilt[path] = replace(record, length=None, content_hash="", rows=0, rows_rescued=0)
    for path, record in in_bronze.items():
        known = recorded.get(path)
        if known is None or known.outcome not in ("loaded", "rejected"):
            rebuilt[path] = replace(record, replaced=known.replaced) if known else record
        else:
            rebuilt[path] = replace(
                known, rows=record.rows, rows_rescued=record.rows_rescued,
                known_date=record.known_date,
            )  # fmt: skip
    return rebuilt


def find_files(tables: Tables, table: str, replaced: Replaced) -> dict[str, FileRecord]:
    """The files of bronze's current rows. Grain: one record per file."""
    rescued = (
        F.get_json_object("_rescued_data", "$.unparsed").isNotNull()
        | F.get_json_object("_rescued_data", "$.malformed").isNotNull()
    )
    rows = tables.read(table)
    if replaced:
        rows = replacements.filter_current(replacements.add_known_until(rows, replaced))
    files = rows.groupBy("_source_file").agg(
        F.min("_known_date").alias("known_date"),
        F.count(F.lit(1)).alias("rows"),
        F.count_if(rescued).alias("rows_rescued"),
    )
    return {
        row["_source_file"]: FileRecord(
            table=table, path=row["_source_file"], length=None, modified=None, content_hash=None,
            known_date=row["known_date"], rows=row["rows"], rows_rescued=row["rows_rescued"],
            outcome="loaded", message=None,
        )
        for row in files.collect()
    }  # fmt: skip
