"""The gate of whole dumps: a dump in which too many keys are absent deletes nobody.

Such a dump (``max_deletes``) is probably truncated: it stops the table while it is the newest, and
is passed over once a later dump has come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lakehouse.errors import GateFailed
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.dump_changes import count_deleted
from lakehouse.refresh.dumps import DUMP, DumpBatch, changes_of, current_rows
from lakehouse.refresh.gate import Checked


def check_dumps(
    context: RunContext, definition: Definition, batch: DumpBatch, checked: Checked
) -> Checked:
    """``checked`` with the changes to write, and the day of the last dump in its tag.

    Raises GateFailed where the newest dump lacks too many keys.
    """
    days, passed_over = list(batch.days), []
    present = _count_keys(context, definition, batch, checked)
    while True:
        changes = context.keep(
            changes_of(context, definition, batch, checked.rows, checked.rejected, days)
        )
        deleted = count_deleted(changes)
        bad = next((d for d in days if _is_truncated(d, days, deleted, present, batch)), None)
        if bad is None:
            break
        if bad == batch.days[-1]:
            raise _truncated(definition, bad, deleted[bad], batch)
        days.remove(bad)
        passed_over.append(bad)
    checked.tag[DUMP] = str(days[-1])
    for day in passed_over:
        checked.reasons.append(f"the dump of {day} lacks too many keys and was passed over")
    return replace(checked, changes=changes)


def _count_keys(
    context: RunContext, definition: Definition, batch: DumpBatch, checked: Checked
) -> dict[date | None, int]:
    """How many keys each dump has; under None, those of the baseline."""
    rows = checked.rows.select(*definition.keys, "_known_date")
    if checked.rejected is not None:
        rows = rows.unionByName(checked.rejected.select(*rows.columns))
    counted = rows.distinct().groupBy("_known_date").count().collect()
    counts: dict[date | None, int] = {row["_known_date"]: row["count"] for row in counted}
    counts[None] = 0 if batch.is_full else current_rows(context, definition).count()
    return counts


def _is_truncated(
    day: date,
    days: Sequence[date],
    deleted: dict[date, int],
    present: dict[date | None, int],
    batch: DumpBatch,
) -> bool:
    position = days.index(day)
    before = present.get(days[position - 1] if position else None, 0)
    return deleted.get(day, 0) > batch.max_deletes * before


def _truncated(definition: Definition, day: date, count: int, batch: DumpBatch) -> GateFailed:
    return GateFailed(
        f"{count:,} keys are absent in the dump of {day}, more than max_deletes: "
        f"{batch.max_deletes:g} allows; nothing was written",
        where=definition.name,
        hint="if the dump was cut off, replace it and run the same command again; if the keys are "
        f"really gone, raise max_deletes of {definition.inputs[0]} for this run",
    )
