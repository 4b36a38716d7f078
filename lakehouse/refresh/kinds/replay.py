"""Replay: the quarantined rows of a silver table, read from bronze and checked again.

The rows of the business days that have rows in quarantine go through protection, transformation and
rules once more. Rows that the table has are superseded, as repeats are; the others join it as if
they had come in time. What is still rejected takes the place of these days' rows in quarantine,
after the write, so that a row is always in one of the two. Example:

    quarantine   silver      rule changed   after the replay: quarantine   silver
    2 (Monday)   1 (Monday)                 3                              1
    3 (Monday)                                                             2, known since Monday
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import UsageError
from lakehouse.refresh import quarantine_table, replacements
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.branches import branches_of, unite_batches
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.key_filter import filter_by_keys
from lakehouse.refresh.kinds.silver import Silver
from lakehouse.refresh.progress import Position
from lakehouse.refresh.silver_batch import replaced_loads

_KNOWN = "_known_date"


def quarantined_days(context: RunContext, table: str) -> list[date]:
    """The business days of the rows in a table's quarantine, ascending."""
    name = quarantine_table.table_of(table)
    if context.progress.state(context.tables, name) is None:
        return []
    days = context.tables.read(name).select(_KNOWN).distinct().collect()
    return sorted(row[_KNOWN] for row in days)


class Replay(Silver):
    """A silver table whose batch is the days that have rows in quarantine."""

    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The sources' current rows of these days, as far as the table has read.

        Raises UsageError where the table has to be built anew instead: it is read from whole
        dumps, or its transformation changed in a way that also changes what identifies a row.
        """
        days = quarantined_days(context, definition.name)
        progress = context.progress.progress(context.tables, definition.name)
        read = progress.inputs if progress else {}
        parts = {
            branch.sources[0]: _read_days(context, branch, read[branch.sources[0]], days)
            for branch in branches_of(definition)
            if days and branch.sources[0] in read
        }
        if not parts:
            return NothingNew("no rows in quarantine")
        self._refuse(context, definition)
        return unite_batches(parts, read) if definition.branches else next(iter(parts.values()))

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Evaluate the rules; of the accepted rows, leave out those that the table has."""
        checked = super().check(context, definition, batch, rows)
        if checked.accepted is None or checked.verdict.stopped:
            return checked
        return replace(checked, accepted=context.keep(_find_new(context, definition, checked.rows)))

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """Leave the quarantine as it is until the rows that pass are written."""

    def finish(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """Replace the quarantined rows of the days by those that are still rejected."""
        days = quarantined_days(context, definition.name)
        if checked.rejected is None or not days:
            return
        listed = ", ".join(f"DATE'{day}'" for day in days)
        quarantine_table.write(
            context,
            definition.name,
            checked.rejected,
            checked.verdict.rows_quarantined,
            batch=f"replay of {days[0]} to {days[-1]} by {context.run.run_id}",
            clears=f"{_KNOWN} IN ({listed})",
        )

    def _refuse(self, context: RunContext, definition: Definition) -> None:
        is_dump = any(context.pipeline.bronze[name].is_snapshot for name in definition.sources)
        if is_dump or _has_other_identity(context, definition):
            why = "it is read from whole dumps" if is_dump else "its transformation changed"
            raise UsageError(
                f"quarantined rows cannot be told from the others: {why}",
                where=definition.name,
                hint="--full-refresh of refine builds the table and its quarantine anew",
            )


def _read_days(
    context: RunContext, branch: Definition, since: Position, days: Sequence[date]
) -> Batch:
    """The current rows of one source of the days, as far as the table has read it."""
    source = branch.sources[0]
    rows = context.tables.read(source, since.version)
    replaced = replaced_loads(context, branch)
    if replaced is not None:
        rows = replacements.filter_current(replacements.add_known_until(rows, replaced))
    rows = rows.where(F.col(_KNOWN).isin(list(days)))
    return Batch(
        {source: since},
        {source: since},
        rows=rows,
        source_row_count=rows.count(),
        tracks_replaced=replaced is not None,
    )


def _find_new(context: RunContext, definition: Definition, rows: DataFrame) -> DataFrame:
    """The rows to offer to the write mode.

    A table that keeps every row gets those that it has too few of. After another transformation,
    stored rows stay as they were written, so rows of stored identities are left out. Otherwise all
    rows: those that are stored are superseded.
    """
    table = definition.table
    stored = context.tables.read(definition.name)
    if isinstance(table, SilverTable) and table.keeps_every_row:
        days = [row[_KNOWN] for row in rows.select(_KNOWN).distinct().collect()]
        return rows.exceptAll(stored.where(F.col(_KNOWN).isin(days)).select(rows.columns))
    if isinstance(table, SilverTable) and _has_other_logic(context, definition):
        identity, held = _identity(table, stored)
        return filter_by_keys(rows, held, keys=identity, how="left_anti")
    return rows


def _identity(table: SilverTable, stored: DataFrame) -> tuple[Sequence[str], DataFrame]:
    """The columns that identify a row of the table, and the stored rows with these columns."""
    if table.keeps_history and table.sequence_by:
        stored = stored.withColumn(table.sequence_by, F.col("valid_from"))
    return [*table.keys, *filter(None, [table.sequence_by])], stored


def _has_other_identity(context: RunContext, definition: Definition) -> bool:
    """Whether another transformation may give the rows that are stored other keys."""
    if not _has_other_logic(context, definition):
        return False
    progress = context.progress.progress(context.tables, definition.name)
    stored = (progress.definition if progress else None) or {}
    before, now = stored.get("select"), definition.parts.get("select")
    table = definition.table
    if not (before and now and isinstance(table, SilverTable) and table.keys):
        return True
    names = [*table.keys, *filter(None, [table.sequence_by])]
    return before["rest"] != now["rest"] or any(
        before["columns"].get(name) != now["columns"].get(name) for name in names
    )


def _has_other_logic(context: RunContext, definition: Definition) -> bool:
    progress = context.progress.progress(context.tables, definition.name)
    stored = progress.definition if progress else None
    return stored is None or stored.get("logic") != definition.parts.get("logic")
