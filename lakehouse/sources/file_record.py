"""What the ledger (``ops.files``) remembers of a file."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lakehouse.sources.listing import SourceFile

Outcome = Literal["loaded", "rejected", "unreadable", "not_understood", "ignored"]


@dataclass(frozen=True)
class FileRecord:
    """A row of ``ops.files``. Grain: one row per table and file.

    ``path`` is the key. ``content_hash`` (SHA-256) and ``rows`` describe the content that was
    loaded, NULL where they are unknown; ``length`` (bytes) and ``modified`` are those of the last
    listing. The hash of a rejected content is in ``message``. ``known_date`` is the first one.
    ``replaced`` maps the runs that loaded earlier contents to the day since which another content
    replaces theirs (``on_changed_file: replace``).
    """

    table: str
    path: str
    length: int | None
    modified: datetime.datetime | None
    content_hash: str | None
    known_date: datetime.date | None
    rows: int | None
    rows_rescued: int | None
    outcome: Outcome
    message: str | None
    replaced: Mapping[str, datetime.date] = field(default_factory=dict)


def record_of(file: SourceFile, table: str, outcome: Outcome, message: str) -> FileRecord:
    """The record of a listed file that is not loaded: no content, no rows."""
    return FileRecord(
        table, file.key, file.length, file.modified, None, None, None, None, outcome, message
    )


def seen_again(file: SourceFile, record: FileRecord, **changes: object) -> FileRecord:
    """The record with the length and time of the new listing, and with ``changes``."""
    return replace(record, length=file.length, modified=file.modified, **changes)  # type: ignore[arg-type]


def to_row(record: FileRecord) -> dict[str, Any]:
    """The record by column of ``ops.files``; the replaced loads as JSON, NULL without any."""
    days = {run: str(day) for run, day in record.replaced.items()}
    replaced = json.dumps(days, sort_keys=True) if days else None
    return {**vars(record), "replaced": replaced}


def from_row(row: Mapping[str, Any]) -> FileRecord:
    """The record of a row of ``ops.files``, whose other columns are left out."""
    names = [name for name in FileRecord.__dataclass_fields__ if name != "replaced"]
    replaced = parse_replaced(row["replaced"])
    return FileRecord(**{name: row[name] for name in names}, replaced=replaced)


def parse_replaced(text: str | None) -> dict[str, datetime.date]:
    """The replaced loads, by run, of the column ``replaced``; empty for NULL."""
    days = json.loads(text or "{}")
    return {run: datetime.date.fromisoformat(day) for run, day in days.items()}
