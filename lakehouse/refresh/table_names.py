"""Every table that the library writes for a pipeline, and the locks of many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from lakehouse.config.pipeline import Pipeline
from lakehouse.refresh import quarantine_table, replaced_rows, tombstones
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.file_ledger import FILES


def all_tables(pipeline: Pipeline) -> list[str]:
    """Every table of the pipeline but ``ops.runs``, inputs first, each followed by its companions,
    and ``ops.files`` at the end.

    Some may not have been written yet.
    """
    gold = {
        phase: [table.table for table in pipeline.gold_in_order(phase=phase)]
        for phase in ("aggregate", "features", "score")
    }
    names = [
        *pipeline.bronze,
        *pipeline.silver,
        *gold["aggregate"],
        *pipeline.features,
        *pipeline.labels,
        *gold["features"],
        *pipeline.predictions(),
        *gold["score"],
    ]
    return [*(part for name in names for part in with_companions(name)), FILES]


def with_companions(table: str) -> list[str]:
    """The table, and where its rows go besides: replaced rows, tombstones and its quarantine."""
    schema = table.partition(".")[0]
    beside = (replaced_rows.table_of(table), tombstones.table_of(table))
    quarantine = [] if schema == "bronze" else [quarantine_table.table_of(table)]
    return [table, *(beside if schema == "silver" else ()), *quarantine]


@contextmanager
def locked(context: RunContext, tables: Iterable[str]) -> Iterator[None]:
    """Hold the locks of these tables, which must be in the order of ``all_tables``.

    A refresh takes the lock of its table before those of its companions. With one order for all
    who hold several locks, nobody waits for a lock whose holder waits for another.
    """
    with ExitStack() as stack:
        for name in tables:
            stack.enter_context(context.progress.locked(context.tables, name))
        yield
