"""The outcome of the files of a batch: records for ``ops.files``, alerts and the error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import UnreadableFiles
from lakehouse.privacy.protect import unprotected
from lakehouse.refresh.batch import FileBatch
from lakehouse.refresh.context import Run
from lakehouse.sources.file_record import FileRecord, Outcome
from lakehouse.sources.listing import SourceFile
from lakehouse.sources.summary import FileSummary

CHANGED = "changed after it was loaded"
_CHANGED_HINT = (
    "; a changed file is loaded again with --full-refresh, or where the table declares "
    "on_changed_file: new_version"
)


def loaded_records(
    table: BronzeTable,
    batch: FileBatch,
    files: Sequence[SourceFile],
    summaries: Sequence[FileSummary],
    run: Run,
) -> list[FileRecord]:
    """The records of the files that were loaded, files without rows included."""
    by_path = {summary.path: summary for summary in summaries}
    records = []
    for file in files:
        summary = by_path.get(file.key)
        records.append(
            replace(
                _record(table, batch, file, "loaded"),
                known_date=batch.known.get(file.key) or max(file.day or run.start, run.start),
                rows=summary.rows if summary else 0,
                rows_rescued=summary.rows_rescued if summary else 0,
            )
        )
    return records


def left_out_records(
    table: BronzeTable, batch: FileBatch, reasons: Mapping[str, str], outcome: Outcome
) -> list[FileRecord]:
    """The records of the files in ``reasons``, which were left out."""
    return [
        replace(_record(table, batch, file, outcome), message=reasons[file.key])
        for file in batch.files
        if file.key in reasons
    ]


def _record(table: BronzeTable, batch: FileBatch, file: SourceFile, outcome: Outcome) -> FileRecord:
    """The record of a file with what its listing says."""
    return FileRecord(
        table=table.table,
        path=file.key,
        length=file.length,
        modified=file.modified,
        content_hash=batch.hashes.get(file.key),
        known_date=None,
        rows=None,
        rows_rescued=None,
        outcome=outcome,
        message=None,
        replaced=batch.replaced.get(file.key, {}),
    )


def left_out_error(table: BronzeTable, bad: Mapping[str, str]) -> UnreadableFiles | None:
    """The error that lists files which were not loaded (exit code 1); None without any."""
    if not bad:
        return None
    named = "; ".join(f"{path}: {why}" for path, why in sorted(bad.items()))
    return UnreadableFiles(
        f"{len(bad)} file(s) could not be read; the others were loaded: {named}",
        where=table.table,
        hint="fix or remove them and run the same command again"
        + (_CHANGED_HINT if CHANGED in bad.values() else ""),
    )


def unmatched_alerts(keys: Sequence[str]) -> list[str]:
    """The alert for files that the source's path does not match; empty without any."""
    if not keys:
        return []
    named = ", ".join(sorted(keys)[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
    return [f"{len(keys)} file(s) do not match the source's path and were not read: {named}"]


def unprotected_alerts(table: BronzeTable) -> list[str]:
    """The alerts for columns without a ``pii`` entry."""
    return [f"{name} has no pii entry and stays in bronze" for name in unprotected(table.columns)]
