"""``ops.files``: the outcome of every file, written after bronze's commit and rebuilt from it.

Grain: one row per bronze table and file. Bronze is the source of truth: after a commit that the
ledger has not seen (a crash between the two writes, a ``RESTORE``, a manual DELETE, or a damaged
commit), the files are derived from the rows of bronze.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import types as T

from lakehouse.refresh import replacements
from lakehouse.refresh.batch import Replaced
from lakehouse.refresh.files_in_bronze import find_files, rebuild
from lakehouse.refresh.progress import ProgressReader
from lakehouse.sources.file_record import FileRecord, to_row
from lakehouse.sources.known_files import COLUMNS, KnownFiles
from lakehouse.storage import writes
from lakehouse.storage.arrow_rows import read_arrow
from lakehouse.storage.failures import failures_of
from lakehouse.storage.history import Commit
from lakehouse.storage.locks import is_lockable
from lakehouse.storage.table_state import TableState
from lakehouse.storage.tables import Tables

FILES = "ops.files"
_COLUMNS: dict[str, T.DataType] = {
    "table": T.StringType(),
    "path": T.StringType(),
    "length": T.LongType(),
    "modified": T.TimestampType(),
    "content_hash": T.StringType(),
    "known_date": T.DateType(),
    "rows": T.LongType(),
    "rows_rescued": T.LongType(),
    "outcome": T.StringType(),
    "message": T.StringType(),
    "replaced": T.StringType(),
    "bronze_id": T.StringType(),
    "bronze_version": T.LongType(),
    "run_id": T.StringType(),
}
SCHEMA = T.StructType([T.StructField(name, kind) for name, kind in _COLUMNS.items()])
_READ = pa.schema([*COLUMNS, ("bronze_id", pa.string()), ("bronze_version", pa.int64())])


@dataclass
class FileLedger:
    """``ops.files``, read once per run for all tables."""

    _rows: pa.Table | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def records(
        self, tables: Tables, progress: ProgressReader, table: str
    ) -> tuple[KnownFiles, list[FileRecord]]:
        """The files of a bronze table by path, and the records to correct in the ledger."""
        recorded, since = self._recorded(tables, progress, table)
        state = progress.state(tables, table)
        if state is None:
            return recorded.ignored(), []
        if since is not None and is_up_to_date(state, since):
            return recorded, []
        newest = _newest_change(state)
        if newest is not None and since is not None and newest.version <= since:
            # Other tables may have read it: loaded again, its rows would come to them twice.
            tables.refuse_empty_commit(table, newest.version)
        before = dict(recorded)
        kept = before if since is not None else _without_empty(before)
        known = replacements.apply_newer_commits(tables, progress, table, kept, since)
        rebuilt = rebuild(known, find_files(tables, table, _replaced(known)))
        corrected = [r for path, r in rebuilt.items() if before.get(path) != r]
        return KnownFiles.of(rebuilt.values()), corrected

    def forget(self) -> None:
        """Read the ledger again the next time, after it was written."""
        with self._guard:
            self._rows = None

    def replaced_loads(self, tables: Tables, progress: ProgressReader, table: str) -> Replaced:
        """The loads of a bronze table that were replaced, as of its newest version."""
        recorded, since = self._recorded(tables, progress, table)
        replaced = {path: recorded[path] for path in recorded.replaced()}
        known = replacements.apply_newer_commits(tables, progress, table, replaced, since)
        return _replaced(known)

    def _recorded(
        self, tables: Tables, progress: ProgressReader, table: str
    ) -> tuple[KnownFiles, int | None]:
        """The ledger's files of a bronze table by path, and the newest version that it has seen:
        None where it has seen none, or the table does not exist."""
        rows = self._load(tables, progress)
        rows = rows.filter(pc.equal(rows["table"], table))
        recorded = KnownFiles(rows)
        if progress.state(tables, table) is None:
            return recorded, None
        table_id = progress.table_id(tables, table)
        rows = rows.filter(pc.equal(rows["bronze_id"], table_id))
        return recorded, pc.max(rows["bronze_version"]).as_py()

    def _load(self, tables: Tables, progress: ProgressReader) -> pa.Table:
        with self._guard:
            if self._rows is None:
                exists = progress.state(tables, FILES) is not None
                with failures_of(FILES):
                    self._rows = read_arrow(tables, FILES, _READ) if exists else _READ.empty_table()
            return self._rows


def _without_empty(records: Mapping[str, FileRecord]) -> dict[str, FileRecord]:
    """Without files that had no rows when the ledger was written: bronze did not exist then, and
    may have their rows since."""
    return {p: r for p, r in records.items() if r.rows != 0 or r.outcome == "ignored"}


def is_up_to_date(state: TableState, version: int) -> bool:
    """Whether a ledger of ``version`` has seen the newest commit that changed or replaced rows.

    False where that commit has no operation, such as one whose log file a crash left empty.
    """
    newest = _newest_change(state)
    return newest is None or (bool(newest.operation) and newest.version <= version)


def _newest_change(state: TableState) -> Commit | None:
    return next((c for c in state.commits if c.changes_rows or replacements.TAG in c.tag), None)


def _replaced(records: Mapping[str, FileRecord]) -> Replaced:
    return {path: record.replaced for path, record in records.items() if record.replaced}


def write_records(
    tables: Tables,
    progress: ProgressReader,
    records: Sequence[FileRecord],
    *,
    run_id: str,
    marks: Mapping[str, str] | None = None,
) -> None:
    """Upsert the records of a step into ``ops.files``, in one commit with ``marks`` in its tag."""
    newest = {(record.table, record.path): record for record in records}
    if not newest:
        return
    positions = {name: progress.position(tables, name) for name in {r.table for r in records}}
    rows = []
    for record in newest.values():
        at = positions[record.table]
        values = to_row(record) | {
            "bronze_id": at.table_id if at else None,
            "bronze_version": at.version if at else None,
            "run_id": run_id,
        }
        rows.append(tuple(values[name] for name in _COLUMNS))
    frame = tables.spark.createDataFrame(rows, SCHEMA).coalesce(1)
    with failures_of(FILES), progress.locked(tables, FILES):
        is_new = progress.state(tables, FILES) is None
        progress.forget(FILES)
        tag = {"run_id": run_id, "files": len(rows), **(marks or {})}
        if is_new or _has_none_of(tables, newest.keys()):
            writes.append_records(tables, FILES, frame, tag)
            return
        clauses = "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        writes.merge(tables, FILES, frame, on=["table", "path"], clauses=clauses, tag=tag)


def _has_none_of(tables: Tables, keys: Collection[tuple[str, str]]) -> bool:
    """Whether ``ops.files`` has no record of these (table, path), and a lock keeps it so. See
    ``is_insert_only``, which asks Spark the same."""
    if not is_lockable(tables):
        return False
    stored = read_arrow(tables, FILES, pa.schema([("table", pa.string()), ("path", pa.string())]))
    paths = pa.array([path for _, path in keys], pa.string())
    stored = stored.filter(pc.is_in(stored["path"], paths))
    return set(keys).isdisjoint(
        zip(stored["table"].to_pylist(), stored["path"].to_pylist(), strict=True)
    )
