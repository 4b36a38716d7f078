"""The refresh of a silver table from whole dumps (``snapshot: true``).

Each business day on which a dump became known is one dump; of several on one day, the last counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import change_feed, replacements
from lakehouse.refresh.batch import Batch, NothingNew, Replaced
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.dump_changes import find_changes
from lakehouse.refresh.history import DELETED, HISTORY
from lakehouse.refresh.progress import Position
from lakehouse.sources.file_source import FileSource
from lakehouse.sql.point_in_time import KNOWN_UNTIL

DUMP = "dump"
"""The key in a commit's tag of the day of the newest dump that the table has taken in."""


@dataclass(frozen=True)
class DumpBatch(Batch):
    """The dumps of ``days``, ascending. ``max_deletes`` is the share of keys that may be absent in
    the next dump."""

    days: tuple[date, ...] = ()
    max_deletes: float = 1.0

    def describe(self) -> str:
        """What would be computed, as shown by ``lakehouse plan``."""
        return self.why or f"the dump of {', '.join(map(str, self.days))}"


def dump_source(context: RunContext, definition: Definition) -> FileSource | None:
    """The source of a silver table that is read from whole dumps; None for any other."""
    source = context.pipeline.bronze[definition.inputs[0]].source
    return source if isinstance(source, FileSource) and source.snapshot else None


def dump_batch(
    context: RunContext,
    definition: Definition,
    source: FileSource,
    since: Position | None,
    now: Position,
    why: str,
) -> Batch | NothingNew:
    """The dumps since position ``since``, or with ``why`` all that bronze has."""
    name = definition.inputs[0]
    replaced = context.ledger.replaced_loads(context.tables, context.progress, name)
    rows = replacements.add_known_until(context.tables.read(name, now.version), replaced)
    rows = rows.where(f"coalesce({KNOWN_UNTIL} > _known_date, true)").drop(KNOWN_UNTIL)
    last = None if why or since is None else _last_dump(context, definition)
    if last is not None and since is not None:
        if _has_dumps_until(context, name, since, now, last):
            last, why = None, f"a dump of {last} or before came in"
    elif not why:
        why = "no commit names the last dump"
    if last is not None:
        rows = rows.where(F.col("_known_date") > F.lit(last))
    days = _days(rows, replaced, last)
    if not days:
        return NothingNew(f"nothing new in {name}")
    return DumpBatch(
        {name: now},
        since={name: since} if last is not None and since is not None else None,
        why=why,
        rows=rows,
        source_row_count=rows.count(),
        tag={} if last is not None else {change_feed.WHOLE: True},
        days=tuple(days),
        max_deletes=source.max_deletes,
    )


def changes_of(
    context: RunContext,
    definition: Definition,
    batch: DumpBatch,
    rows: DataFrame,
    rejected: DataFrame | None = None,
    days: Sequence[date] | None = None,
) -> DataFrame:
    """The changes of the dumps of ``days``, by default all of the batch; see ``find_changes``."""
    baseline = None if batch.is_full else current_rows(context, definition)
    return find_changes(
        rows, rejected, baseline, keys=definition.keys, days=batch.days if days is None else days
    )


def count_changes(changes: DataFrame, tag: dict[str, Any]) -> tuple[int, int]:
    """The numbers of rows that are new or changed, and of keys that are deleted; also in the tag's
    record."""
    written, deleted = changes.agg(F.count_if(~F.col(DELETED)), F.count_if(DELETED)).collect()[0]
    tag["record"] |= {"rows_written": written, "rows_deleted": deleted}
    return written, deleted


def current_rows(context: RunContext, definition: Definition) -> DataFrame:
    """The current rows of the table, with ``_known_date``: the baseline of the next dump."""
    stored = context.tables.read(definition.name)
    if isinstance(definition.table, SilverTable) and definition.table.keeps_history:
        current = stored.where("is_current").withColumn("_known_date", F.col("known_from"))
        return current.drop(*HISTORY)
    return stored


def _last_dump(context: RunContext, definition: Definition) -> date | None:
    progress = context.progress.progress(context.tables, definition.name)
    text = progress.commit.tag.get(DUMP) if progress else None
    return date.fromisoformat(text) if text else None


def _has_dumps_until(
    context: RunContext, source: str, since: Position, now: Position, last: date
) -> bool:
    """Whether rows came in that belong to the last dump, or to an earlier one."""
    if since == now:
        return False
    arrived = change_feed.read_inserts(context, source, since, now)
    return not arrived.where(F.col("_known_date") <= F.lit(last)).isEmpty()


def _days(rows: DataFrame, replaced: Replaced, last: date | None) -> list[date]:
    """The days of the dumps, those without rows included."""
    days = {row[0] for row in rows.select("_known_date").distinct().collect()}
    days |= {day for runs in replaced.values() for day in runs.values()}
    return sorted(day for day in days if last is None or day > last)
