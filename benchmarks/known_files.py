"""Figure ``files``: 100,000 files that ``ops.files`` knows and 5 new ones in their folder.

Ours lists the folder, reads the ledger and decides which files to load, with the state that a new
run has: none. Beside it ``os.scandir`` of the same folder, with the size and time of each file.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks.data import write_key
from benchmarks.session import print_pairs, time_one, time_pairs
from lakehouse.api import Lakehouse, open_lakehouse
from lakehouse.config.declarations import BronzeTable
from lakehouse.refresh.file_batch import decide_files
from lakehouse.refresh.file_ledger import write_records
from lakehouse.sources.file_source import file_source
from lakehouse.sources.listing import list_files
from lakehouse.steps.opening import new_run

KNOWN, NEW = 100_000, 5
TABLE, DAY = "bronze.orders", date(2026, 3, 1)


def main() -> None:
    """Make the files and the ledger, then measure both in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.known_files", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, required=True)
    asked = parser.parse_args()
    landing: Path = asked.folder / "landing" / "orders" / str(DAY)
    lake = _prepare(asked.folder, landing)
    found: list[int] = []
    first = time_one(lambda: found.append(find_new(lake)))
    pairs = time_pairs(lambda: found.append(find_new(lake)), lambda: _scan(landing), asked.runs)
    print_pairs(
        pairs, f"{found[0]} new of {KNOWN + NEW:,} files; the first time in a session {first:.2f} s"
    )


def find_new(lake: Lakehouse) -> int:
    """How many files a new run would load."""
    context = lake.context.for_run(new_run("ingest", DAY, DAY))
    table = _table(lake)
    listing = list_files(context.spark, file_source(table), context.settings.landing)
    records, _ = context.ledger.records(context.tables, context.progress, TABLE)
    return len(decide_files(context, table, listing, records).load)


def _prepare(folder: Path, landing: Path) -> Lakehouse:
    """Load one file, and write the records of the other known files as loads of the same commit."""
    for old in (folder / "landing", folder / "warehouse"):
        shutil.rmtree(old, ignore_errors=True)
    landing.mkdir(parents=True)
    write_key(folder / "privacy.key")
    _write(landing, 0)
    lake = open_lakehouse(
        "retail",
        landing=str(folder / "landing"),
        warehouse=str(folder / "warehouse"),
        privacy_key=f"${{file:{folder / 'privacy.key'}}}",
    )
    lake.spark.sparkContext.setLogLevel("ERROR")
    lake.run("ingest", date=DAY, tables=TABLE)
    for number in range(1, KNOWN + NEW):
        _write(landing, number)
    _record(lake)
    return lake


def _write(landing: Path, number: int) -> None:
    row = {"op": "I", "order_id": f"O{number:08}", "updated_at": f"{DAY}T09:00:00Z"}
    (landing / f"part-{number:06}.jsonl").write_text(json.dumps(row) + "\n")


def _record(lake: Lakehouse) -> None:
    """Records of all files but the first, which has one, and the last five."""
    context = lake.context.for_run(new_run("ingest", DAY, DAY))
    listing = list_files(context.spark, file_source(_table(lake)), context.settings.landing)
    records, _ = context.ledger.records(context.tables, context.progress, TABLE)
    (loaded,) = records.values()
    known = [
        replace(
            loaded,
            path=file.key,
            length=file.length,
            modified=file.modified,
            content_hash=f"{number:064x}",
        )
        for number, file in enumerate(listing.files[:KNOWN])
        if file.key not in records
    ]
    write_records(context.tables, context.progress, known, run_id=context.run.run_id)


def _table(lake: Lakehouse) -> BronzeTable:
    return lake.context.pipeline.bronze[TABLE]


def _scan(folder: Path) -> list[tuple[str, int, int]]:
    """What a plain listing of the folder gives: names, sizes, times."""
    with os.scandir(folder) as entries:
        return [(e.name, (stat := e.stat()).st_size, stat.st_mtime_ns) for e in entries]


if __name__ == "__main__":
    main()
