"""Bronze from files: the rows of new files, with their lineage columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.places import absolute
from lakehouse.config.yaml_file import shown
from lakehouse.errors import RunFailed
from lakehouse.quality.verdict import Verdict
from lakehouse.refresh import replacements
from lakehouse.refresh.batch import Batch, FileBatch, NothingNew
from lakehouse.refresh.bronze_rows import find_replaced_loads, read_lost_rows
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import PROCEED, RECOMPUTE, Change, Decision
from lakehouse.refresh.file_batch import build_file_batch, decide_files
from lakehouse.refresh.file_check import check_files
from lakehouse.refresh.file_records import (
    left_out_error,
    left_out_records,
    loaded_records,
    unmatched_alerts,
    unprotected_alerts,
)
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.sources.file_source import file_source
from lakehouse.sources.listing import list_files
from lakehouse.sources.read import read_files
from lakehouse.sources.summary import first_reason


class Bronze(Kind):
    """Grain: one row per row of a file.

    A file that cannot be read or understood is left out and named; the others are loaded, and the
    run ends with exit code 1.
    """

    name = "bronze"
    day = None

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """Every unseen file up to the run's last day; in a full refresh every file."""
        table = _table(definition)
        listing = list_files(
            context.spark,
            file_source(table),
            absolute(context.settings.landing),
            where=shown(table.file),
        )
        records, rebuilt = context.ledger.records(context.tables, context.progress, table.table)
        decision = decide_files(context, table, listing, records)
        alerts = unmatched_alerts(listing.unmatched) + decision.alerts
        updates = (*rebuilt, *decision.updates)
        if not (decision.load or decision.rejected or decision.unreadable):
            return NothingNew("no new files", tuple(alerts), updates)
        alerts += unprotected_alerts(table) if decision.load else []
        batch = build_file_batch(context, table, decision, records)
        return replace(
            batch,
            alerts=tuple(alerts),
            updates=updates,
            listed=listing.keys() if batch.is_full else frozenset(),
        )

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """No rows: ``check`` reads the files, since it leaves out those that cannot be read."""
        return read_files(context.spark, _table(definition), ())

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Check the files; those that cannot be read or understood are left out. The accepted rows
        have their lineage columns.

        A full refresh keeps the stored rows that cannot be read again, and casts them.
        """
        table, files = _table(definition), _files(batch)
        checked = check_files(context, table, files)
        rows, count = checked.rows, checked.row_count
        left_out = {**checked.unreadable, **checked.not_understood}
        replaced = find_replaced_loads(context, table, files, checked.loaded)
        files = replace(files, replaced=replacements.add(files.replaced, replaced))
        lost = None
        if files.replaces_table:
            lost = read_lost_rows(context, table, files.listed, files.replaced)
        if lost is not None:
            rows = rows.unionByName(context.keep(lost), allowMissingColumns=True)
            count += lost.count()
        self.check_schema(context, definition, batch, rows)
        reason = first_reason(checked.summaries, table)
        return Checked(
            accepted=rows if count or replaced else None,
            rejected=None,
            verdict=Verdict(rows_read=count, rows_quarantined=0, results=()),
            reasons=[reason] if reason else [],
            files=[
                *files.updates,
                *loaded_records(table, files, checked.loaded, checked.summaries, context.run),
                *left_out_records(table, files, checked.unreadable, "unreadable"),
                *left_out_records(table, files, checked.not_understood, "not_understood"),
            ],
            error=left_out_error(table, {**files.rejected, **left_out}),
            rows_rescued=checked.rows_rescued,
            tag={
                **({replacements.TAG: replaced} if replaced else {}),
                **replacements.tag_contents(files, checked.loaded),
                **({replacements.HAS_REPLACED: True} if files.replaced else {}),
            },
        )

    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Accept added columns. Refuse changed types or options unless ``--full-refresh`` or, for
        options, ``--accept-change`` is given."""
        remaining = [change for change in changes if not change.text.startswith("new ")]
        added = [c for c in remaining if c.part.startswith("columns.") and ": none → " in c.text]
        new_columns = {change.part.removeprefix("columns.") for change in added}
        remaining = [
            change
            for change in remaining
            if change.part.removeprefix("columns.").removeprefix("reading.") not in new_columns
        ]
        if not remaining:
            return PROCEED
        if run.full_refresh:
            return RECOMPUTE
        retyped = any(change.part.startswith(("columns.", "unrecorded")) for change in remaining)
        if run.accept_change and not retyped:
            return PROCEED
        hint = "--full-refresh reads the files again, and casts the rows of files that are gone"
        more = "" if retyped else "; --accept-change applies the change to new files only"
        return self.refuse(definition, remaining, hint + more)

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """The rows of all due files, loaded before or not, as they would be read."""
        table = _table(definition)
        landing = absolute(context.settings.landing)
        listing = list_files(context.spark, file_source(table), landing, where=shown(table.file))
        due = [f for f in listing.files if f.day is None or f.day <= context.run.end]
        readable = [file for file in due if file.name_problem is None and file.length > 0]
        return read_files(context.spark, table, readable).drop("_day")


def _files(batch: Batch) -> FileBatch:
    if not isinstance(batch, FileBatch):
        raise RunFailed("a bronze table of files needs a batch of files")
    return batch


def _table(definition: Definition) -> BronzeTable:
    if not isinstance(definition.table, BronzeTable):
        raise RunFailed("not a bronze table", where=definition.name)
    return definition.table
