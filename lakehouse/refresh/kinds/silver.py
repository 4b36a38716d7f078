"""Silver: new bronze rows, protected, shaped, checked, and written in one of three ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import DeclarationError, RunFailed, UsageError
from lakehouse.privacy.protect import protect
from lakehouse.quality.row_flags import flag, split
from lakehouse.refresh import change_feed, python_transform
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import GO_ON, WHOLE, Change, Decision, changes_of
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.lookups import read_lookups_as_of
from lakehouse.refresh.orphans import count_orphans
from lakehouse.refresh.progress import Position, Progress
from lakehouse.refresh.row_identity import without_rows_loaded_before
from lakehouse.sql import bind
from lakehouse.sql.hidden_columns import HIDDEN
from lakehouse.storage.history import Commit

_NEVER_ACCEPTED = ("treatments", "key", "keys", "write", "unrecorded")


class Silver(Kind):
    """Rows of one bronze table. Grain: what the transformation makes of a source row."""

    name = "silver"

    def read_new(
        self, context: RunContext, definition: Definition, *, whole: bool = False
    ) -> Batch | NothingNew:
        """The rows inserted into the source since the watermark, or all of them.

        Raises UsageError where bronze was changed by somebody else, and where a rebuild from the
        source would lose rows.
        """
        source, *lookups = definition.inputs
        reader, tables = context.progress, context.tables
        now = reader.position(tables, source)
        if now is None:
            return NothingNew(f"nothing new in {source}")
        missing = [name for name in lookups if reader.state(tables, name) is None]
        if missing:
            return NothingNew(f"waits for {', '.join(missing)}")
        progress = reader.progress(tables, definition.name)
        since = progress.position(source) if progress else None
        why = _why_whole(context, definition, progress, since, now, asked=whole)
        if why or since is None:
            return _whole_batch(context, definition, now, why)
        return _incremental_batch(context, definition, since, now)

    def shape(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """Bronze rows, protected, through the transformation; with ``_known_date, _malformed``."""
        if batch.rows is None:
            raise RunFailed("a silver batch has no rows", where=definition.name)
        return _shape(context, definition, batch.rows)

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """The rules; and the greatest day that the table will have read."""
        checked = super().check(context, definition, batch, rows)
        progress = context.progress.progress(context.tables, definition.name)
        before = [progress.watermark] if progress and progress.watermark else []
        days = [*checked.verdict.days, *([] if batch.is_whole else before)]
        if days:
            checked.tag["watermark"] = str(max(days))
        return checked

    def types(self, context: RunContext, definition: Definition) -> dict[str, str]:
        """The declared types of the bronze columns."""
        columns = context.pipeline.bronze[definition.inputs[0]].columns
        return {name: column.type for name, column in columns.items()}

    def accepted_again(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """Every accepted row of the whole source up to the batch's end."""
        source = definition.inputs[0]
        rows = context.tables.read(source, batch.inputs[source].version)
        flagged = flag(_shape(context, definition, rows), definition.suite)
        return split(flagged, definition.suite)[0]

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Refused, unless columns were added and the table appends them, or somebody said how."""
        table = definition.table
        if run.full_refresh:
            return WHOLE
        parts = {change.part.split(".")[0] for change in changes}
        appends = isinstance(table, SilverTable) and table.on_schema_change == "append_new_columns"
        if parts == {"new_columns"} and appends:
            return GO_ON
        if parts.intersection(_NEVER_ACCEPTED):
            return self.refusal(definition, changes, "--full-refresh builds the table anew")
        if run.accept_change:
            return GO_ON
        return self.refusal(
            definition,
            changes,
            "--full-refresh builds the table anew; --accept-change applies the new definition to "
            "rows from now on",
        )

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The transformation over all of bronze; rows are neither checked nor deduplicated."""
        rows = context.tables.read(definition.inputs[0])
        return _shape(context, definition, rows).drop("_malformed")


def _why_whole(
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
    return ""


def _commits_since(context: RunContext, source: str, since: Position) -> list[Commit] | None:
    state = context.progress.state(context.tables, source)
    commits = state.after(since.version) if state else None
    if commits is None:
        state = context.progress.whole_log(context.tables, source)
        commits = state.after(since.version) if state else None
    return commits


def _whole_batch(context: RunContext, definition: Definition, now: Position, why: str) -> Batch:
    _refuse_loss(context, definition, why)
    source = definition.inputs[0]
    rows = context.tables.read(source, now.version)
    if _keeps_every_row(definition):
        rows = without_rows_loaded_before(rows, None)
    inputs = {source: now}
    tag = {change_feed.WHOLE: True}
    return Batch(inputs, why=why, rows=rows, rows_told=rows.count(), tag=tag)


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


def _incremental_batch(
    context: RunContext, definition: Definition, since: Position, now: Position
) -> Batch | NothingNew:
    source = definition.inputs[0]
    commits = _commits_since(context, source, since)
    if since == now or (commits is not None and not any(c.changes_rows for c in commits)):
        return NothingNew(f"nothing new in {source}")
    _refuse_foreign_changes(definition, commits or [])
    told = None if commits is None else change_feed.inserted_rows(commits)
    if told == 0:
        return NothingNew(f"nothing new in {source}")
    rows = change_feed.inserts(context.tables, source, since.version, now.version)
    if _keeps_every_row(definition) and any(c.tag.get("new_versions") for c in commits or ()):
        rows = without_rows_loaded_before(rows, context.tables.read(source, since.version))
        told = None
    count = rows.count() if told is None else told
    return Batch({source: now}, {source: since}, rows=rows, rows_told=count)


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


def _shape(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    table = definition.table
    if not isinstance(table, SilverTable):
        raise DeclarationError("not a silver table", where=definition.where)
    columns = context.pipeline.bronze[table.source].columns
    key = context.key
    protected = protect(rows, columns, context.policy, key, context.spark)
    lookups = read_lookups_as_of(context, table, protected)
    frames: Mapping[str, DataFrame] = {table.source: protected, **lookups}
    if definition.query is None:
        return python_transform.run(table, frames, on=context.run.end, needs=HIDDEN)
    return bind.run(context.spark, definition.query, frames)
