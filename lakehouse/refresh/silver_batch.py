"""The batch of a silver table: the rows of its source since the watermark, or all of them.

Where the source replaces changed files, the rows of a content that another one replaced are no
part of it; what has to leave the table with the batch stands beside it (``Batch.superseded``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import UsageError
from lakehouse.refresh import change_feed, replacements
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import changes_of
from lakehouse.refresh.orphans import count_orphans
from lakehouse.refresh.progress import Position, Progress
from lakehouse.refresh.row_identity import without_rows_loaded_before
from lakehouse.storage.history import Commit


def why_whole(
    context: RunContext,
    definition: Definition,
    progress: Progress | None,
    since: Position | None,
    now: Position,
    *,
    asked: bool,
) -> str:
    """Why the table is replaced by its whole source; empty where its changes will do."""
    source = definition.inputs[0]
    if context.run.full_refresh:
        return "a full refresh"
    if context.progress.state(context.tables, definition.name) is None:
        return "the first build"
    if asked:
        return f"the changes of {source} cannot be read any more"
    if progress is None:
        return f"no record of how far it has read {source}"
    if since is None or since.table_id != now.table_id or since.version > now.version:
        return f"{source} is another table than the one that was read"
    commits = _commits_since(context, source, since)
    if any(commit.tag.get(change_feed.WHOLE) for commit in commits or ()):
        return f"{source} was fully refreshed"
    if commits is None and tracks_replaced(context, definition):
        return f"the log of {source} does not tell any more which files were replaced"
    return ""


def _commits_since(context: RunContext, source: str, since: Position) -> list[Commit] | None:
    state = context.progress.state(context.tables, source)
    commits = state.after(since.version) if state else None
    if commits is None:
        state = context.progress.whole_log(context.tables, source)
        commits = state.after(since.version) if state else None
    return commits


def whole_batch(context: RunContext, definition: Definition, now: Position, why: str) -> Batch:
    """The current rows of the source, and besides them all that were replaced.

    Raises UsageError where the source lacks days that the table holds.
    """
    _refuse_loss(context, definition, why)
    source = definition.inputs[0]
    rows = source_rows(context, definition, now)
    batch = Batch({source: now}, why=why, tag={change_feed.WHOLE: True})
    if tracks_replaced(context, definition):
        replaced = context.ledger.replaced(context.tables, context.progress, source)
        batch = replace(
            batch,
            superseded=replacements.only_replaced(rows) if replaced else None,
            tracks_replaced=True,
            replaced_until=replacements.last_day(replaced),
        )
        rows = replacements.only_current(rows)
    return replace(batch, rows=rows, rows_told=rows.count())


def source_rows(context: RunContext, definition: Definition, at: Position) -> DataFrame:
    """All rows of the source, with ``_known_until`` where some may have been replaced."""
    source = definition.inputs[0]
    rows = context.tables.read(source, at.version)
    if tracks_replaced(context, definition):
        replaced = context.ledger.replaced(context.tables, context.progress, source)
        rows = replacements.with_until(rows, replaced)
    return without_rows_loaded_before(rows, None) if _keeps_every_row(definition) else rows


def tracks_replaced(context: RunContext, definition: Definition) -> bool:
    """Whether rows of the source may have been replaced."""
    source = definition.inputs[0]
    return replacements.may_hold(context.pipeline, context.tables, context.progress, source)


def _refuse_loss(context: RunContext, definition: Definition, why: str) -> None:
    """Raise UsageError where the source lacks days whose rows the table holds."""
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
    source = definition.inputs[0]
    if context.run.full_refresh:
        raise UsageError(
            f"{rows:,} rows of {days:,} days have no source any more, and hold the old form: "
            f"{'; '.join(change.text for change in changed) or why}",
            where=definition.name,
            hint="--full-refresh --drop-orphans builds the table without them",
        )
    raise UsageError(
        f"{why}, and {source} lacks {days:,} days ({rows:,} rows) that {definition.name} holds",
        where=definition.name,
        hint="--full-refresh keeps these rows and builds the others anew; "
        "with --drop-orphans they go",
    )


def incremental_batch(
    context: RunContext, definition: Definition, since: Position, now: Position
) -> Batch | NothingNew:
    """The current rows that came since the table has read its source.

    Raises UsageError where somebody else has changed rows of the source.
    """
    source = definition.inputs[0]
    commits = _commits_since(context, source, since)
    replaced = replacements.in_commits(commits or ())
    is_news = commits is None or any(c.changes_rows for c in commits) or replaced
    if since == now or not is_news:
        return NothingNew(f"nothing new in {source}")
    _refuse_foreign_changes(definition, commits or [])
    told = None if commits is None else change_feed.inserted_rows(commits)
    if told == 0 and not replaced:
        return NothingNew(f"nothing new in {source}")
    rows = change_feed.inserts(context.tables, source, since.version, now.version)
    if _keeps_every_row(definition) and any(c.tag.get("new_versions") for c in commits or ()):
        rows = without_rows_loaded_before(rows, context.tables.read(source, since.version))
        told = None
    batch = Batch({source: now}, {source: since})
    if tracks_replaced(context, definition):
        rows = replacements.with_until(rows, replaced)
        batch = replace(batch, tracks_replaced=True)
    if replaced:
        # Rules see current rows alone: a content that a gate stopped stops nothing once it is
        # replaced.
        rows, told = replacements.only_current(rows), None
        stored = replacements.with_until(context.tables.read(source, now.version), replaced)
        batch = replace(
            batch,
            superseded=replacements.only_replaced(stored),
            replaced_until=replacements.last_day(replaced),
        )
    return replace(batch, rows=rows, rows_told=rows.count() if told is None else told)


def _refuse_foreign_changes(definition: Definition, commits: Sequence[Commit]) -> None:
    """Raise UsageError for deletes, updates or a RESTORE that the library did not write."""
    source = definition.inputs[0]
    for commit in commits:
        if commit.changes_rows and not commit.tag and not _is_append(commit):
            raise UsageError(
                f"{source} was changed by somebody else: {commit.operation} in version "
                f"{commit.version}",
                where=definition.name,
                hint=f"--full-refresh builds {definition.name} from {source} as it is now",
            )


def _is_append(commit: Commit) -> bool:
    mode = commit.parameters.get("mode", commit.parameters.get("outputMode", ""))
    return commit.operation in ("WRITE", "STREAMING UPDATE") and mode.upper() == "APPEND"


def _keeps_every_row(definition: Definition) -> bool:
    return isinstance(definition.table, SilverTable) and definition.table.keeps_every_row
