"""Silver: the new rows of one bronze table, protected, transformed and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import DeclarationError, RunFailed
from lakehouse.privacy.protect import protect
from lakehouse.quality.row_flags import flag, split
from lakehouse.refresh import python_transform, replacements
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, RECOMPUTE, Change, Decision
from lakehouse.refresh.dump_gate import check_dumps
from lakehouse.refresh.dumps import DumpBatch, dump_batch, dump_source
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.lookups import read_lookups_as_of
from lakehouse.refresh.silver_batch import (
    full_batch,
    full_read_reason,
    incremental_batch,
    read_source,
    refuse_loss,
    replaced_loads,
)
from lakehouse.sql import bind
from lakehouse.sql.hidden_columns import HIDDEN, add_hidden_columns
from lakehouse.sql.point_in_time import KNOWN_UNTIL

_NEVER_ACCEPTED = ("treatments", "key", "keys", "write", "unrecorded")


class Silver(Kind):
    """Grain: the output of the transformation for each row of the source."""

    name = "silver"

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The rows inserted into the source since the watermark, or all of them.

        Raises UsageError where another writer changed rows of bronze, and where a rebuild from
        the source would lose rows.
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
        why = full_read_reason(context, definition, progress, since, now, feed_is_lost=full)
        dumps = dump_source(context, definition)
        if dumps is not None:
            if why or since is None:
                refuse_loss(context, definition, why)
            return dump_batch(context, definition, dumps, since, now, why)
        if why or since is None:
            return full_batch(context, definition, now, why)
        return incremental_batch(context, definition, since, now)

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """Protect the bronze rows and transform them; adds ``_known_date, _malformed``."""
        if batch.rows is None:
            raise RunFailed("a silver batch has no rows", where=definition.name)
        return _transform(context, definition, batch.rows).drop(KNOWN_UNTIL)

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Evaluate the rules, and advance the watermark: the greatest ``_known_date`` read."""
        checked = super().check(context, definition, batch, rows)
        if isinstance(batch, DumpBatch) and not checked.verdict.stopped:
            checked = check_dumps(context, definition, batch, checked)
        progress = context.progress.progress(context.tables, definition.name)
        before = progress.watermark if progress and not batch.is_full else None
        days = [*checked.verdict.days, *filter(None, (before, batch.replaced_until))]
        if days:
            checked.tag["watermark"] = str(max(days))
        return checked

    def types(self, context: RunContext, definition: Definition) -> dict[str, str]:
        """The declared types of the bronze columns."""
        columns = context.pipeline.bronze[definition.inputs[0]].columns
        return {name: column.type for name, column in columns.items()}

    def reread_accepted(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """The accepted rows of the complete source, up to the batch's end."""
        source = definition.inputs[0]
        rows = read_source(context, definition, batch.inputs[source])
        return _accept(context, definition, rows)

    def read_superseded(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """The accepted rows of replaced file contents, with ``_known_until``."""
        if batch.superseded is None:
            return super().read_superseded(context, definition, batch)
        return _accept(context, definition, batch.superseded)

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Refuse any change but added columns under ``append_new_columns``.

        ``--full-refresh`` rebuilds; ``--accept-change`` accepts all but ``_NEVER_ACCEPTED``.
        """
        table = definition.table
        if run.full_refresh:
            return RECOMPUTE
        parts = {change.part.split(".")[0] for change in changes}
        appends = isinstance(table, SilverTable) and table.on_schema_change == "append_new_columns"
        if parts == {"new_columns"} and appends:
            return PROCEED
        if parts.intersection(_NEVER_ACCEPTED):
            return self.refuse(definition, changes, "--full-refresh rebuilds the table")
        if run.accept_change:
            return PROCEED
        return self.refuse(
            definition,
            changes,
            "--full-refresh rebuilds the table; --accept-change applies the new definition to new "
            "rows only",
        )

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """All current bronze rows, transformed; neither checked nor deduplicated."""
        rows = context.tables.read(definition.inputs[0])
        replaced = replaced_loads(context, definition)
        if replaced is not None:
            rows = replacements.filter_current(replacements.add_known_until(rows, replaced))
        return _transform(context, definition, rows).drop("_malformed", KNOWN_UNTIL)


def _accept(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    flagged = flag(_transform(context, definition, rows), definition.suite)
    return split(flagged, definition.suite)[0]


def _transform(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    """Protect and transform the rows; ``_known_until`` is kept where they have it."""
    table = definition.table
    if not isinstance(table, SilverTable):
        raise DeclarationError("not a silver table", where=definition.where)
    columns = context.pipeline.bronze[table.source].columns
    key = context.key
    protected = protect(rows, columns, context.policy, key, context.spark)
    lookups = read_lookups_as_of(context, table, protected)
    frames: Mapping[str, DataFrame] = {table.source: protected, **lookups}
    until = tuple(name for name in (KNOWN_UNTIL,) if name in rows.columns)
    if definition.query is None:
        return python_transform.run(table, frames, on=context.run.end, needs=HIDDEN + until)
    query = add_hidden_columns(definition.query, table.source, until) if until else definition.query
    return bind.run(context.spark, query, frames)
