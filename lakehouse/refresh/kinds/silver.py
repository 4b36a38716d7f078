"""Silver: the new rows of its bronze tables, protected, transformed and checked."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import RunFailed, UsageError
from lakehouse.quality.row_flags import flag, split
from lakehouse.refresh import replacements
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.branches import branches_of, parts_of
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, RECOMPUTE, Change, Decision
from lakehouse.refresh.dump_gate import check_dumps
from lakehouse.refresh.dumps import DumpBatch
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.silver_batch import read_source, replaced_loads
from lakehouse.refresh.silver_rows import transform, unite
from lakehouse.refresh.silver_sources import read_new
from lakehouse.sql.point_in_time import KNOWN_UNTIL

_NEVER_ACCEPTED = ("treatments", "key", "keys", "write", "sources", "unrecorded")


class Silver(Kind):
    """Grain: the output of the transformation for each row of the sources."""

    name = "silver"

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The rows inserted into the sources since the watermark, or all of them.

        Raises UsageError where another writer changed rows of bronze, and where a rebuild from
        the sources would lose rows.
        """
        return read_new(context, definition, is_lost=full)

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """Protect the bronze rows and transform them; adds ``_known_date, _malformed``."""
        rows: list[tuple[Definition, DataFrame]] = []
        for branch, part in parts_of(definition, batch):
            if part.rows is None:
                raise RunFailed("a silver batch has no rows", where=definition.name)
            rows.append((branch, transform(context, branch, part.rows)))
        return unite(context, definition, rows).drop(KNOWN_UNTIL)

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
        bronze = context.pipeline.bronze
        return {
            name: column.type
            for source in reversed(definition.sources)
            for name, column in bronze[source].columns.items()
        }

    def reread_accepted(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """The accepted rows of the complete sources, up to the batch's end."""
        rows = [
            (branch, transform(context, branch, read_source(context, branch, at)))
            for branch in branches_of(definition)
            if (at := batch.inputs.get(branch.sources[0])) is not None
        ]
        return _accept(definition, unite(context, definition, rows))

    def read_superseded(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """The accepted rows of replaced file contents, with ``_known_until``."""
        if batch.superseded is None:
            return super().read_superseded(context, definition, batch)
        return _accept(definition, transform(context, definition, batch.superseded))

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
        now = context.progress.positions(context.tables, definition.sources)
        rows = [
            (branch, transform(context, branch, _read_current(context, branch)))
            for branch in branches_of(definition)
            if branch.sources[0] in now or not definition.branches
        ]
        if not rows:
            raise UsageError(
                f"{' and '.join(definition.sources)} do not exist yet", where=definition.name
            )
        return unite(context, definition, rows).drop("_malformed", KNOWN_UNTIL)


def _read_current(context: RunContext, branch: Definition) -> DataFrame:
    rows = context.tables.read(branch.sources[0])
    replaced = replaced_loads(context, branch)
    if replaced is None:
        return rows
    return replacements.filter_current(replacements.add_known_until(rows, replaced))


def _accept(definition: Definition, rows: DataFrame) -> DataFrame:
    return split(flag(rows, definition.suite), definition.suite)[0]
