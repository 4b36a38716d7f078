"""Bronze: new files of a source, as they came, with where and when they came from."""

from __future__ import annotations

from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import shown
from lakehouse.errors import UnreadableFiles
from lakehouse.layers.changes import WHOLE
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh, skipped
from lakehouse.privacy.protect import unprotected
from lakehouse.sources.listing import SourceFile, list_files
from lakehouse.sources.read import read_files, unreadable
from lakehouse.sources.reasons import READ_ERRORS
from lakehouse.storage import writes
from lakehouse.storage.locks import one_writer
from lakehouse.storage.tables import Commit, absolute


def refresh(lake: Lake, table: BronzeTable) -> Refresh:
    """Load every unseen file whose day is not after the run's last day; one commit.

    Grain: one row for each row of a file. A file that cannot be read is left out and named.
    """
    with one_writer(lake.tables, table.table):
        files = unseen(lake, table)
        if not files:
            return skipped(table.table, "no new files")
        commit, bad = _load(lake, table, files)
    return _outcome(table, commit, bad)


def unseen(lake: Lake, table: BronzeTable) -> list[SourceFile]:
    """Files that are due and not in bronze yet. The rows themselves say which files are in."""
    listed = list_files(
        lake.spark, table.source, absolute(lake.settings.landing), where=f"{shown(table.file)}"
    )
    due = [
        file
        for file in listed
        if file.length > 0 and (file.day is None or file.day <= lake.run.end)
    ]
    if not due or lake.run.full_refresh or not lake.tables.exists(table.table):
        return due
    rows = lake.tables.read(table.table).select("_source_file").distinct().collect()
    seen = {row[0] for row in rows}
    return [file for file in due if file.path not in seen]


def _load(
    lake: Lake, table: BronzeTable, files: list[SourceFile]
) -> tuple[Commit | None, dict[str, str]]:
    try:
        return _write(lake, table, files), {}
    except READ_ERRORS:
        bad = unreadable(lake.spark, table, files)
        if not bad:
            raise
    good = [file for file in files if file.path not in bad]
    return (_write(lake, table, good) if good else None), bad


def _write(lake: Lake, table: BronzeTable, files: list[SourceFile]) -> Commit:
    frame = read_files(lake.spark, table, files).transform(with_origin, lake=lake, table=table)
    tag = {"run_id": lake.run.run_id, "files": len(files), WHOLE: lake.run.full_refresh}
    write = writes.overwrite if lake.run.full_refresh else writes.append
    return write(lake.tables, table.table, frame, tag)


def with_origin(frame: DataFrame, *, lake: Lake, table: BronzeTable) -> DataFrame:
    """The frame of a read with ``_ingested_at, _known_date, _run_id, _row_hash`` for ``_day``.

    ``_known_date`` is the later of the file's day and the run's first day; a file without a day
    is known on the run's first day.
    """
    start = F.lit(lake.run.start).cast("date")
    names = [name for name in frame.columns if name not in ("_source_file", "_day")]
    return frame.select(
        *names,
        "_source_file",
        F.lit(datetime.now(UTC)).cast("timestamp").alias("_ingested_at"),
        F.greatest(F.coalesce("_day", start), start).alias("_known_date"),
        F.lit(lake.run.run_id).alias("_run_id"),
        row_hash(names).alias("_row_hash"),
    )


def row_hash(names: list[str]) -> Column:
    """SHA-256 over the columns as text; NULL differs from the empty text."""
    parts = [F.coalesce(F.col(f"`{name}`").cast("string"), F.lit("\u0000")) for name in names]
    return F.sha2(F.concat_ws("\u001f", *parts), 256)


def _outcome(table: BronzeTable, commit: Commit | None, bad: dict[str, str]) -> Refresh:
    rows = commit.rows("numOutputRows") if commit else 0
    outcome = Refresh(
        table.table,
        rows_input=rows,
        rows_read=rows,
        rows_written=rows,
        output_version=commit.version if commit else None,
        alerts=[
            f"{name} has no pii entry and stays in bronze" for name in unprotected(table.columns)
        ],
    )
    if bad:
        outcome.status = "failed"
        outcome.message = "; ".join(f"{path}: {why}" for path, why in sorted(bad.items()))
        outcome.error = UnreadableFiles(
            f"{len(bad)} file(s) could not be read; the others were loaded: {outcome.message}",
            where=table.table,
            hint="mend or remove them and run the same command again",
        )
    return outcome
