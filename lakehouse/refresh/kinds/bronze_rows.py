"""Bronze from a source of rows (JDBC and the like): the rows after the committed position.

commit  rows read          tag
0       ids 1 to 40        {"position": 40}
1       ids 41 to 42       {"position": 42}
2       RESTORE to 0                            the next run continues after 40
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.places import absolute
from lakehouse.errors import RunFailed, UsageError
from lakehouse.quality.verdict import Verdict
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.bronze_rows import add_lineage_columns
from lakehouse.refresh.change_feed import WHOLE
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.file_records import unprotected_alerts
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.kinds.bronze import Bronze
from lakehouse.sources.recast import recast
from lakehouse.sources.registry import source_of
from lakehouse.sources.rows import type_rows
from lakehouse.sources.source import RowRequest, RowSource
from lakehouse.sources.summary import first_reason, summarize_files

POSITION = "position"
"""The key in a commit's tag of the position up to which the source has been read."""


@dataclass(frozen=True)
class RowBatch(Batch):
    """The rows after one position, up to and including another; none where both are equal."""

    after: Any = None
    until: Any = None
    replaces_table: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the stored rows are cast again and written with the new ones."""
        return self.replaces_table

    def describe(self) -> str:
        """What would be loaded, as shown by ``lakehouse plan``."""
        return "new rows of its source"


class BronzeRows(Bronze):
    """Grain: one row per row of the source. Rows are never read twice."""

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The rows after the committed position.

        A full refresh continues there too, and casts the stored rows again: the source may no
        longer have them. Raises UsageError where the table holds rows but no commit has a
        position, since reading from the start would duplicate them.
        """
        table = _table(definition)
        state = context.progress.state(context.tables, table.table)
        after = _committed_position(context, table)
        if state is not None and after is None:
            raise UsageError(
                "the table holds rows, and no commit says how far its source was read",
                where=table.table,
                hint="RESTORE it to a version that this library wrote, or drop it to read all rows "
                "that the source still has",
            )
        newest = _source(table).newest(_request(context, table))
        until = after if newest is None else newest
        casts_stored = context.run.full_refresh and state is not None
        if until == after and not casts_stored:
            return NothingNew("no new rows")
        tag = {POSITION: until} | ({WHOLE: True} if casts_stored else {})
        alerts = tuple(unprotected_alerts(table))
        return RowBatch(
            {}, alerts=alerts, tag=tag, after=after, until=until, replaces_table=casts_stored
        )

    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of the batch as they were read, with their lineage columns."""
        table, rows = _table(definition), _rows(batch)
        source = _source(table)
        frame = source.rows(_request(context, table), rows.after, rows.until)
        if rows.after == rows.until:
            frame = frame.limit(0)
        typed = type_rows(context.spark, frame, table, origin=source.origin(rows.until))
        return add_lineage_columns(typed, run=context.run, known={})

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Count new and rescued rows; in a full refresh, add the stored rows, cast again."""
        table = _table(definition)
        kept = context.keep(rows)
        summaries = summarize_files(kept, table)
        count = sum(summary.rows for summary in summaries)
        if batch.is_full:
            stored = context.keep(recast(context.spark, context.tables.read(table.table), table))
            kept = kept.unionByName(stored, allowMissingColumns=True)
            count += stored.count()
        self.check_schema(context, definition, batch, kept)
        return Checked(
            accepted=kept if count else None,
            rejected=None,
            verdict=Verdict(rows_read=count, rows_quarantined=0, results=()),
            reasons=[reason] if (reason := first_reason(summaries, table)) else [],
            rows_rescued=sum(summary.rows_rescued for summary in summaries),
        )

    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """Every row that the source has, loaded or not."""
        table = _table(definition)
        source, request = _source(table), _request(context, table)
        newest = source.newest(request)
        frame = source.rows(request, None, newest)
        return type_rows(context.spark, frame, table, origin=source.origin(newest)).drop("_day")


def _committed_position(context: RunContext, table: BronzeTable) -> Any:
    """The position of the newest commit that counts; None where no commit has one.

    The whole log is read where the recent commits, such as maintenance, have no position.
    """
    for read in (context.progress.state, context.progress.whole_log):
        state = read(context.tables, table.table)
        for commit in state.tagged() if state else ():
            if POSITION in commit.tag:
                return commit.tag[POSITION]
    return None


def _request(context: RunContext, table: BronzeTable) -> RowRequest:
    run, landing = context.run, absolute(context.settings.landing)
    return RowRequest(context.spark, table, landing, run.start, run.end)


def _source(table: BronzeTable) -> RowSource:
    source = source_of(table)
    if not isinstance(source, RowSource):
        raise RunFailed("not a source of rows", where=table.table)
    return source


def _table(definition: Definition) -> BronzeTable:
    if not isinstance(definition.table, BronzeTable):
        raise RunFailed("not a bronze table", where=definition.name)
    return definition.table


def _rows(batch: Batch) -> RowBatch:
    if not isinstance(batch, RowBatch):
        raise RunFailed("a bronze table of rows needs a batch of positions")
    return batch
