"""The batch of one source of a silver table: its rows since the watermark, or all of them.

Where the source replaces changed files, rows of replaced loads are not part of the batch; the rows
that have to leave the table are in ``Batch.superseded``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import UsageError
from lakehouse.refresh import change_feed, replacements
from lakehouse.refresh.batch import Batch, NothingNew, Replaced
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import changes_of
from lakehouse.refresh.kept_versions import same_rows_until
from lakehouse.refresh.orphans import count_orphans
from lakehouse.refresh.progress import Position, Progress
from lakehouse.refresh.row_identity import drop_rows_loaded_before
from lakehouse.storage.history import Commit

FIRST_BUILD = "the first build"


def full_read_reason(
    context: RunContext,
    definition: Definition,
    progress: Progress | None,
    since: Position | None,
    now: Position,
    *,
    feed_is_lost: bool,
) -> str:
    """Why the source is read in full; empty where an incremental read suffices."""
    source = definition.inputs[0]
    if context.run.full_refresh:
        return "a full refresh"
    if context.progress.state(context.tables, definition.name) is None:
        return FIRST_BUILD
    if feed_is_lost:
        return f"the change data feed of {source} can no longer be read"
    if progress is None:
        return f"no commit records how far it has read {source}"
    if since is None or since.table_id != now.table_id or since.version > now.version:
        return f"{source} was dropped and created again since it was last read"
    commits = _commits_since(context, source, since, now)
    if any(commit.tag.get(change_feed.WHOLE) for commit in commits or ()):
        return f"{source} was fully refreshed"
    if commits is None and _tracks_replaced(context, definition):
        return f"the log of {source} no longer says which files were replaced"
    return ""


def _commits_since(
    context: RunContext, source: str, since: Position, until: Position
) -> list[Commit] | None:
    state = context.progress.state(context.tables, source)
    commits = state.after(since.version) if state else None
    if commits is None:
        state = context.progress.whole_log(context.tables, source)
        commits = state.after(since.version) if state else None
    return None if commits is None else [c for c in commits if c.version <= until.version]


def full_batch(context: RunContext, definition: Definition, now: Position, why: str) -> Batch:
    """All current rows of the source; replaced rows are in ``superseded``."""
    source = definition.inputs[0]
    rows = read_source(context, definition, now)
    batch = Batch({source: now}, why=why, tag={change_feed.WHOLE: True})
    replaced = replaced_loads(context, definition)
    if replaced is not None:
        batch = replace(
            batch,
            superseded=replacements.filter_replaced(rows) if replaced else None,
            tracks_replaced=True,
            replaced_until=replacements.last_day(replaced),
        )
        rows = replacements.filter_current(rows)
    return replace(batch, rows=rows, source_row_count=rows.count())


def read_source(context: RunContext, definition: Definition, at: Position) -> DataFrame:
    """Read all rows of the source, with ``_known_until`` where some may be replaced."""
    source = definition.inputs[0]
    rows = context.tables.read(source, at.version)
    replaced = replaced_loads(context, definition)
    if replaced is not None:
        rows = replacements.add_known_until(rows, replaced)
    return drop_rows_loaded_before(rows, None) if _keeps_every_row(definition) else rows


def replaced_loads(context: RunContext, definition: Definition) -> Replaced | None:
    """The loads of the source that were replaced; None where the source replaces no files."""
    if not _tracks_replaced(context, definition):
        return None
    return context.ledger.replaced_loads(context.tables, context.progress, definition.inputs[0])


def _tracks_replaced(context: RunContext, definition: Definition) -> bool:
    """Whether the source may have rows of replaced loads."""
    return replacements.may_have_replaced(
        context.pipeline, context.tables, context.progress, definition.inputs[0]
    )


def refuse_loss(context: RunContext, definition: Definition, why: str) -> None:
    """Raise UsageError where the table has rows of days that its sources no longer have."""
    if context.run.drop_orphans or context.progress.state(context.tables, definition.name) is None:
        return
    progress = context.progress.progress(context.tables, definition.name)
    parts = changes_of(progress.definition, definition) if progress else []
    changed = [c for c in parts if c.part.split(".")[0] in ("treatments", "key", "unrecorded")]
    if context.run.full_refresh and progress is not None and not changed:
        return
    rows, days = count_orphans(context, definition)
    if not rows:
        return
    if context.run.full_refresh:
        raise UsageError(
            f"{rows:,} rows of {days:,} days are no longer in the source and have the old form: "
            f"{'; '.join(change.text for change in changed) or why}",
            where=definition.name,
            hint="--full-refresh --drop-orphans rebuilds the table without them",
        )
    raise UsageError(
        f"{why}, and {' and '.join(definition.sources)} lacks {days:,} days ({rows:,} rows) that "
        f"{definition.name} has",
        where=definition.name,
        hint="--full-refresh keeps these rows and rebuilds the others; "
        "--full-refresh --drop-orphans drops them",
    )


def incremental_batch(
    context: RunContext, definition: Definition, since: Position, now: Position
) -> Batch | NothingNew:
    """The current rows inserted into the source after position ``since``.

    Raises UsageError where another writer has changed rows of the source.
    """
    source = definition.inputs[0]
    commits = _commits_since(context, source, since, now)
    replaced = replacements.collect_replaced(commits or ())
    has_new_rows = commits is None or any(c.changes_rows for c in commits) or replaced
    if since == now or not has_new_rows:
        return NothingNew(f"nothing new in {source}")
    _refuse_foreign_changes(definition, commits or [])
    row_count = None if commits is None else change_feed.count_inserted_rows(commits)
    if row_count == 0 and not replaced:
        return NothingNew(f"nothing new in {source}")
    rows = change_feed.read_inserts(context, source, since, now)
    if _keeps_every_row(definition) and any(c.tag.get("new_versions") for c in commits or ()):
        # VACUUM may have removed the files of ``since``, but not those of the same rows compacted.
        before = same_rows_until(context.tables.commits(source), since.version)
        rows = drop_rows_loaded_before(rows, context.tables.read(source, before))
        row_count = None
    batch = Batch({source: now}, {source: since})
    if _tracks_replaced(context, definition):
        rows = replacements.add_known_until(rows, replaced)
        batch = replace(batch, tracks_replaced=True)
    if replaced:
        # Rules see only current rows: a load that a gate stopped no longer stops the table once
        # it is replaced.
        rows, row_count = replacements.filter_current(rows), None
        stored = replacements.add_known_until(context.tables.read(source, now.version), replaced)
        batch = replace(
            batch,
            superseded=replacements.filter_replaced(stored),
            replaced_until=replacements.last_day(replaced),
        )
    return replace(
        batch, rows=rows, source_row_count=rows.count() if row_count is None else row_count
    )


def _refuse_foreign_changes(definition: Definition, commits: Sequence[Commit]) -> None:
    """Raise UsageError for a DELETE, UPDATE or RESTORE that the library did not write, and for an
    undo of rows that were read."""
    source = definition.inputs[0]
    for commit in commits:
        is_foreign = not commit.tag or commit.restored_version is not None
        if commit.changes_rows and is_foreign and not commit.only_inserts:
            raise UsageError(
                f"{source} was changed by another writer: {commit.operation} in version "
                f"{commit.version}",
                where=definition.name,
                hint=f"--full-refresh rebuilds {definition.name} from the current {source}",
            )


def _keeps_every_row(definition: Definition) -> bool:
    return isinstance(definition.table, SilverTable) and definition.table.keeps_every_row
