"""Which files to load: what is listed against what the ledger (``ops.files``) remembers.

A file is known by its key. Worked example, ``on_changed_file: reject``:

    ledger   a.csv  length 10  hash h1  loaded
    listed   a.csv  length 12, content h2    -> rejected (exit code 1), ledger: rejected, hash h1
    next run a.csv  length 12, same time     -> an alert
    later    a.csv  length 10, content h1    -> ledger: loaded, no alert
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lakehouse.sources.listing import SourceFile

Outcome = Literal["loaded", "rejected", "unreadable", "not_understood", "ignored"]
ContentHashes = Callable[[Sequence[SourceFile]], Mapping[str, str]]
_NAMED = 3  # files that an alert names; the ledger has them all
_SEEN: tuple[Outcome, ...] = ("loaded", "rejected", "ignored")


@dataclass(frozen=True)
class FileRecord:
    """A row of ``ops.files``: one for each table and file.

    ``path`` is the key. ``content_hash`` (SHA-256) and ``rows`` are those of the content that was
    loaded, NULL where they are not known; ``length`` and ``modified`` those last looked at. The
    hash of a content that was rejected stands in ``message``. ``known_date`` is the first one.
    ``replaced`` has the runs that loaded earlier contents, each with the day since which another
    content stands in its place (``on_changed_file: replace``).
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


@dataclass
class Decision:
    """What becomes of the listed files.

    ``load``: to be read, in the order of the listing; those in ``new_versions`` are in bronze with
    another content. ``replaces``: those of ``load`` whose earlier rows, if bronze holds any, leave
    current results. ``rejected``: changed since they were loaded, and not reported before: the run
    ends with exit code 1. ``unreadable``: reason by key for names that nobody can read. ``updates``
    are records to write whatever becomes of the load. ``content_hashes`` has those computed here,
    by key, for the records of what is loaded.
    """

    load: list[SourceFile] = field(default_factory=list)
    new_versions: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    rejected: list[SourceFile] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    updates: list[FileRecord] = field(default_factory=list)
    content_hashes: dict[str, str] = field(default_factory=dict)


def decide(
    files: Iterable[SourceFile],
    records: Mapping[str, FileRecord],
    *,
    table: str,
    content_hashes: ContentHashes,
    on_changed_file: Literal["reject", "new_version", "replace"],
    on_duplicate_file: Literal["load", "skip"],
) -> Decision:
    """The files to load and what to remember of the others; ``records`` by key.

    An unseen key is loaded. The same length and time are not looked at; otherwise the content
    decides, and an equal one only updates the ledger. Files that could not be read or understood
    are tried again. A file without a byte is passed over until it has one, and what has given no
    row so far can be loaded again whatever it holds. ``content_hashes`` is called at most once,
    with the new and the changed files; a key that it leaves out counts as another content.
    """
    decision = Decision()
    readable = _without_bad_names(files, records, table, decision)
    new = [file for file in readable if not _is_seen(records.get(file.key))]
    seen = [file for file in readable if _is_seen(records.get(file.key))]
    loads_changed = on_changed_file != "reject"
    is_open = "rejected" if loads_changed else None
    touched = [file for file in seen if _is_touched(file, records[file.key], is_open)]
    if new or touched:
        decision.content_hashes = dict(content_hashes([*new, *touched]))
    changed = _changed(touched, records, decision, is_open)
    empty = [file for file in changed if records[file.key].rows == 0]
    others = [file for file in changed if records[file.key].rows != 0]
    versions = others if loads_changed else []
    _reject([] if versions else others, records, decision)
    _remind(seen, records, decision, versions)
    fresh = _without_duplicates(new, records, table, on_duplicate_file, decision)
    decision.new_versions = frozenset(file.key for file in versions)
    decision.load = sorted([*fresh, *empty, *versions])
    if on_changed_file == "replace":
        # Whatever became of a file: a content that was loaded before one that could not be read.
        decision.replaces = frozenset(file.key for file in decision.load if file.key in records)
    return decision


def changed_contents(decision: Decision, records: Mapping[str, FileRecord]) -> frozenset[str]:
    """The files to load whose content is not the one that was loaded.

    A record without a content was rebuilt from bronze: what lies there is taken for loaded.
    """
    return frozenset(
        file.key
        for file in decision.load
        if (record := records.get(file.key)) is not None
        and record.content_hash is not None
        and (not _is_seen(record) or record.content_hash != decision.content_hashes.get(file.key))
    )


def _is_seen(record: FileRecord | None) -> bool:
    return record is not None and record.outcome in _SEEN


def _is_touched(file: SourceFile, record: FileRecord, is_open: str | None) -> bool:
    is_same = (file.length, file.modified) == (record.length, record.modified)
    return not is_same or record.outcome == is_open


def _without_bad_names(
    files: Iterable[SourceFile],
    records: Mapping[str, FileRecord],
    table: str,
    decision: Decision,
) -> list[SourceFile]:
    readable: list[SourceFile] = []
    for file in sorted(files):
        if (problem := file.name_problem) is None:
            readable.append(file)
        elif not _is_ignored(records.get(file.key)):
            decision.unreadable[file.key] = problem
            decision.updates.append(_record(file, table, "unreadable", problem))
    return [file for file in readable if file.length > 0]


def _is_ignored(record: FileRecord | None) -> bool:
    return record is not None and record.outcome == "ignored"


def _changed(
    touched: Sequence[SourceFile],
    records: Mapping[str, FileRecord],
    decision: Decision,
    is_open: str | None,
) -> list[SourceFile]:
    """The touched files with another content; of the others the ledger learns the new time.

    A content that was rejected before is another one only where rejected files are ``is_open``.
    """
    changed: list[SourceFile] = []
    for file in touched:
        record, content = records[file.key], decision.content_hashes.get(file.key)
        if record.content_hash is None and content is not None:
            # Rebuilt from bronze, which knows no content: what lies there is taken for loaded.
            decision.updates.append(_seen_again(file, record, content_hash=content))
        elif content is not None and content == record.content_hash:
            outcome: Outcome = "ignored" if record.outcome == "ignored" else "loaded"
            decision.updates.append(_seen_again(file, record, outcome=outcome, message=None))
        elif record.outcome != is_open and content is not None and content in _message(record):
            decision.updates.append(_seen_again(file, record))
        else:
            changed.append(file)
    return changed


def _message(record: FileRecord) -> str:
    return record.message or ""


def _seen_again(file: SourceFile, record: FileRecord, **changes: object) -> FileRecord:
    return replace(record, length=file.length, modified=file.modified, **changes)  # type: ignore[arg-type]


def _reject(
    changed: Sequence[SourceFile], records: Mapping[str, FileRecord], decision: Decision
) -> None:
    decision.rejected = list(changed)
    for file in changed:
        content = decision.content_hashes.get(file.key, "unknown")
        message = f"changed after it was loaded; rejected content sha256 {content}"
        decision.updates.append(
            _seen_again(file, records[file.key], outcome="rejected", message=message)
        )


def _remind(
    seen: Sequence[SourceFile],
    records: Mapping[str, FileRecord],
    decision: Decision,
    versions: Sequence[SourceFile],
) -> None:
    """An alert for the files that were rejected in an earlier run and still are."""
    now = {record.path: record.outcome for record in decision.updates}
    reported = {file.key for file in [*decision.rejected, *versions]}
    open_ones = [
        file.key
        for file in seen
        if records[file.key].outcome == "rejected"
        and now.get(file.key, "rejected") == "rejected"
        and file.key not in reported
    ]
    if open_ones:
        decision.alerts.append(
            f"{_count(open_ones)} changed after being loaded and not loaded again: "
            f"{_names(open_ones)}"
        )


def _without_duplicates(
    new: Sequence[SourceFile],
    records: Mapping[str, FileRecord],
    table: str,
    on_duplicate_file: str,
    decision: Decision,
) -> list[SourceFile]:
    """The new files to load; ``load`` keeps those of equal content, ``skip`` leaves them out."""
    first = {
        record.content_hash: record.path
        for record in records.values()
        if record.content_hash and record.outcome in ("loaded", "rejected")
    }
    fresh: list[SourceFile] = []
    twins: list[str] = []
    for file in new:
        content = decision.content_hashes.get(file.key)
        twin = first.setdefault(content, file.key) if content else file.key
        if twin == file.key:
            fresh.append(file)
            continue
        twins.append(f"{file.key} (as {twin})")
        if on_duplicate_file == "load":
            fresh.append(file)
        else:
            record = _record(file, table, "ignored", f"the content of {twin}")
            if (known := records.get(file.key)) is not None:
                record = replace(record, replaced=known.replaced)
            decision.updates.append(replace(record, content_hash=content, rows=0, rows_rescued=0))
    if twins:
        what = "loaded all the same" if on_duplicate_file == "load" else "skipped"
        decision.alerts.append(
            f"{_count(twins)} with the content of another file, {what}: {_names(twins)}"
        )
    return fresh


def _record(file: SourceFile, table: str, outcome: Outcome, message: str) -> FileRecord:
    return FileRecord(
        table, file.key, file.length, file.modified, None, None, None, None, outcome, message
    )


def _count(keys: Sequence[str]) -> str:
    return f"{len(keys)} file{'s' if len(keys) != 1 else ''}"


def _names(keys: Sequence[str]) -> str:
    more = len(keys) - _NAMED
    return ", ".join(keys[:_NAMED]) + (f" and {more} more" if more > 0 else "")
