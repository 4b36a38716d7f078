"""New files with the content of another file, under another name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from lakehouse.sources.decision import Decision
from lakehouse.sources.file_alerts import alert
from lakehouse.sources.file_record import FileRecord, record_of
from lakehouse.sources.known_files import KnownFiles
from lakehouse.sources.listing import SourceFile


def set_duplicates_aside(
    new: Sequence[SourceFile],
    records: KnownFiles,
    table: str,
    on_duplicate_file: Literal["load", "skip"],
    decision: Decision,
) -> list[SourceFile]:
    """The new files to load: all of them under ``load``, without the duplicates under ``skip``.

    Adds an alert to ``decision``, and a record for each duplicate that is left out.
    """
    duplicates = _find_duplicates(new, records, decision.content_hashes)
    if not duplicates:
        return list(new)
    is_loaded = on_duplicate_file == "load"
    what = "loaded all the same" if is_loaded else "skipped"
    named = [f"{file.key} (as {original})" for file, original in duplicates.items()]
    decision.alerts.append(alert(named, f"with the content of another file, {what}"))
    if is_loaded:
        return list(new)
    for file, original in duplicates.items():
        content = decision.content_hashes.get(file.key)
        known = records.get(file.key)
        decision.updates.append(
            _record_ignored(file, original, known, table=table, content_hash=content)
        )
    return [file for file in new if file not in duplicates]


def _find_duplicates(
    new: Sequence[SourceFile],
    records: KnownFiles,
    content_hashes: Mapping[str, str],
) -> dict[SourceFile, str]:
    """The new files whose content another file has, each with that file's key.

    The other file is one that was loaded, or an earlier one of ``new``. ``content_hashes`` are by
    key; a file without a content hash is not a duplicate.
    """
    contents = {file: content for file in new if (content := content_hashes.get(file.key))}
    first = records.find_loaded(set(contents.values())) if contents else {}
    duplicates: dict[SourceFile, str] = {}
    for file, content in contents.items():
        original = first.setdefault(content, file.key)
        if original != file.key:
            duplicates[file] = original
    return duplicates


def _record_ignored(
    file: SourceFile,
    original: str,
    known: FileRecord | None,
    *,
    table: str,
    content_hash: str | None,
) -> FileRecord:
    """The record of a duplicate that is not loaded; ``known`` is its record so far."""
    record = record_of(file, table, "ignored", f"the content of {original}")
    replaced = {} if known is None else known.replaced
    return replace(record, content_hash=content_hash, rows=0, rows_rescued=0, replaced=replaced)
