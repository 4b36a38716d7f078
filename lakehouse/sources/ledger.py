"""Which files to load: the listing compared with the ledger (``ops.files``).

A file is identified by its key, its path below the landing folder. Worked example,
``on_changed_file: reject``:

    ledger   a.csv  length 10  hash h1  loaded
    listed   a.csv  length 12, content h2    -> rejected (exit code 1), ledger: rejected, hash h1
    next run a.csv  length 12, same time     -> an alert
    later    a.csv  length 10, content h1    -> ledger: loaded, no alert
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from lakehouse.sources.decision import Decision
from lakehouse.sources.duplicates import set_duplicates_aside
from lakehouse.sources.file_alerts import alert
from lakehouse.sources.file_record import FileRecord, Outcome, record_of, seen_again
from lakehouse.sources.known_files import KnownFiles
from lakehouse.sources.listing import SourceFile

ContentHashes = Callable[[Sequence[SourceFile]], Mapping[str, str]]
_SEEN: tuple[Outcome, ...] = ("loaded", "rejected", "ignored")


def decide(
    files: Iterable[SourceFile],
    records: KnownFiles,
    *,
    table: str,
    content_hashes: ContentHashes,
    on_changed_file: Literal["reject", "new_version", "replace"],
    on_duplicate_file: Literal["load", "skip"],
) -> Decision:
    """Decide which files to load and what to record of the others.

    ``files`` may leave out settled ones (``KnownFiles.settled``): the decision is the same.

    A new key is loaded. A file whose length and time are unchanged is not read; for any other the
    content hash decides, and equal content only updates the ledger. Files that could not be read
    or understood are tried again. Files of zero bytes are skipped until they have content, and a
    file that has given no rows so far is loaded again whatever ``on_changed_file`` is.
    ``content_hashes`` is called at most once, with the new and the changed files; a key missing
    from its result counts as changed content.
    """
    decision = Decision()
    readable = _set_bad_names_aside(files, records, table, decision)
    new = [file for file in readable if not _is_seen(records.get(file.key))]
    seen = [file for file in readable if _is_seen(records.get(file.key))]
    loads_changed = on_changed_file != "reject"
    retried = "rejected" if loads_changed else None
    to_check = [file for file in seen if _needs_check(file, records[file.key], retried)]
    if new or to_check:
        decision.content_hashes = dict(content_hashes([*new, *to_check]))
    changed = _keep_changed(to_check, records, decision, retried)
    empty = [file for file in changed if records[file.key].rows == 0]
    others = [file for file in changed if records[file.key].rows != 0]
    versions = others if loads_changed else []
    _reject([] if versions else others, records, decision)
    _alert_unresolved(seen, records, decision, versions)
    new_to_load = set_duplicates_aside(new, records, table, on_duplicate_file, decision)
    decision.load = sorted([*new_to_load, *empty, *versions])
    # Whatever the last outcome: an earlier content may have been loaded before a bad or empty one.
    known = frozenset(file.key for file in decision.load if file.key in records)
    if on_changed_file == "replace":
        decision.replaces = known
    elif on_changed_file == "new_version":
        decision.new_versions = known
    return decision


def changed_contents(decision: Decision, records: Mapping[str, FileRecord]) -> frozenset[str]:
    """The keys of the files to load whose content differs from what was loaded before.

    A record without a content hash was rebuilt from bronze: its file counts as unchanged.
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


def _needs_check(file: SourceFile, record: FileRecord, retried: str | None) -> bool:
    is_same = (file.length, file.modified) == (record.length, record.modified)
    return not is_same or record.outcome == retried


def _set_bad_names_aside(
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
            decision.updates.append(record_of(file, table, "unreadable", problem))
    return [file for file in readable if file.length > 0]


def _is_ignored(record: FileRecord | None) -> bool:
    return record is not None and record.outcome == "ignored"


def _keep_changed(
    to_check: Sequence[SourceFile],
    records: Mapping[str, FileRecord],
    decision: Decision,
    retried: str | None,
) -> list[SourceFile]:
    """The files whose content has changed; for the others only the ledger is updated.

    Content that was rejected before counts as changed only where ``retried`` is ``rejected``.
    """
    changed: list[SourceFile] = []
    for file in to_check:
        record, content = records[file.key], decision.content_hashes.get(file.key)
        if record.content_hash is None and content is not None:
            # Rebuilt from bronze, which has no hash: today's content counts as the loaded one.
            decision.updates.append(seen_again(file, record, content_hash=content))
        elif content is not None and content == record.content_hash:
            outcome: Outcome = "ignored" if record.outcome == "ignored" else "loaded"
            decision.updates.append(seen_again(file, record, outcome=outcome, message=None))
        elif record.outcome != retried and content is not None and content in _message(record):
            decision.updates.append(seen_again(file, record))
        else:
            changed.append(file)
    return changed


def _message(record: FileRecord) -> str:
    return record.message or ""


def _reject(
    changed: Sequence[SourceFile], records: Mapping[str, FileRecord], decision: Decision
) -> None:
    decision.rejected = list(changed)
    for file in changed:
        content = decision.content_hashes.get(file.key, "unknown")
        message = f"changed after it was loaded; rejected content sha256 {content}"
        decision.updates.append(
            seen_again(file, records[file.key], outcome="rejected", message=message)
        )


def _alert_unresolved(
    seen: Sequence[SourceFile],
    records: Mapping[str, FileRecord],
    decision: Decision,
    versions: Sequence[SourceFile],
) -> None:
    """Add an alert for the files that were rejected in an earlier run and are still rejected."""
    now = {record.path: record.outcome for record in decision.updates}
    reported = {file.key for file in [*decision.rejected, *versions]}
    unresolved = [
        file.key
        for file in seen
        if records[file.key].outcome == "rejected"
        and now.get(file.key, "rejected") == "rejected"
        and file.key not in reported
    ]
    if unresolved:
        decision.alerts.append(alert(unresolved, "changed after being loaded and not loaded again"))
