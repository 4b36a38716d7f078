"""The files that a refresh of bronze loads: decided against the ledger, then put into a batch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from lakehouse.config.declarations import BronzeTable
from lakehouse.refresh.batch import FileBatch
from lakehouse.refresh.change_feed import WHOLE
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.file_records import CHANGED
from lakehouse.sources.content_hash import content_hashes
from lakehouse.sources.decision import Decision
from lakehouse.sources.file_source import FileSource, file_source
from lakehouse.sources.known_files import KnownFiles
from lakehouse.sources.ledger import changed_contents, decide
from lakehouse.sources.listing import Listing, SourceFile

logger = logging.getLogger(__name__)


def first_batch(files: Sequence[SourceFile], source: FileSource) -> list[SourceFile]:
    """The first files, by day and then by key, within the source's ``max_files`` and ``max_bytes``;
    at least one."""
    if source.max_files is None and source.max_bytes is None:
        return list(files)
    in_order = sorted(files, key=lambda file: (file.day or date.min, file.key))
    taken = in_order[: source.max_files]
    sizes = accumulate(file.length for file in taken)
    within = [source.max_bytes is None or size <= source.max_bytes for size in sizes]
    return taken[: max(1, sum(within))]


def decide_files(
    context: RunContext, table: BronzeTable, listing: Listing, records: KnownFiles
) -> Decision:
    """What becomes of each file up to the run's last day; a full refresh loads every one."""
    known = KnownFiles.of(()) if context.run.full_refresh else records
    open_files = listing.files_without(known.settled())
    due = [
        file
        for file in open_files
        if (file.day is None or file.day <= context.run.end)
        and (table.table, file.key) not in context.state.left_out
    ]
    decision = decide(
        due,
        known,
        table=table.table,
        content_hashes=lambda files: content_hashes(context.spark, files),
        on_changed_file=table.changed_file_policy,
        on_duplicate_file=table.on_duplicate_file,
    )
    logger.info(
        "%s: of %d files %d to load, %d changed, %d unreadable",
        *(table.table, len(listing.paths) - len(open_files) + len(due), len(decision.load)),
        *(len(decision.rejected), len(decision.unreadable)),
    )
    return decision


def build_file_batch(
    context: RunContext,
    table: BronzeTable,
    decision: Decision,
    records: KnownFiles,
) -> FileBatch:
    """The files to load. A full refresh keeps the first known day of a file, unless its content is
    replaced."""
    reloads_all, policy = context.run.full_refresh, table.changed_file_policy
    replaces, changed = decision.replaces, changed_contents(decision, records)
    files = decision.load if reloads_all else first_batch(decision.load, file_source(table))
    loaded = {file.key for file in files}
    new_versions = decision.new_versions & loaded
    if not reloads_all:
        replaces &= loaded
    if reloads_all and policy == "replace":
        replaces = changed
    tag: dict[str, object] = {"files": len(files)}
    if new_versions and policy == "new_version":
        tag["new_versions"] = len(new_versions)
    if reloads_all:
        tag[WHOLE] = True
    return FileBatch(
        {},
        tag=tag,
        files=tuple(files),
        has_more=len(files) < len(decision.load),
        known={
            key: day
            for key, day in (records.known_dates() if reloads_all else {}).items()
            if key not in replaces
        },
        new_versions=new_versions,
        hashes=decision.content_hashes,
        rejected={**{file.key: CHANGED for file in decision.rejected}, **decision.unreadable},
        replaces_table=reloads_all,
        replaces=replaces,
        changed=changed,
        replaced=records.replaced(),
    )
