"""Which commits made the days of a snapshot, and whether what they made still stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from lakehouse.refresh import day_definitions
from lakehouse.refresh.change_feed import has_moved
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.progress import Position, progress_of
from lakehouse.storage.history import TableState


def are_current(
    context: RunContext,
    definition: Definition,
    days: Sequence[date],
    now: Mapping[str, Position],
    marks: Mapping[str, Any],
) -> bool:
    """Whether, for each day, the newest commit that covers it read what would be read now.

    Only commits that say the same ``marks`` wrote these rows. The whole log is read only for days
    that the newest commit knows and the recent ones do not tell.
    """
    ranges = ranges_of(context, definition.name)
    if ranges and None in day_definitions.definitions_of(ranges, days).values():
        return False
    recent = context.progress.state(context.tables, definition.name)
    answer = _look_up(context, definition, days, now, marks, recent)
    if answer is None and recent is not None and not recent.whole_log:
        whole = context.progress.whole_log(context.tables, definition.name)
        answer = _look_up(context, definition, days, now, marks, whole)
    return bool(answer)


def ranges_of(context: RunContext, table: str) -> list[day_definitions.Range]:
    """Which definition made which days of a snapshot, from its newest commit that counts."""
    state = context.progress.state(context.tables, table)
    commit = state.last_tagged if state else None
    return day_definitions.from_json(commit.tag.get("day_definitions", [])) if commit else []


def _look_up(
    context: RunContext,
    definition: Definition,
    days: Sequence[date],
    now: Mapping[str, Position],
    marks: Mapping[str, Any],
    state: TableState | None,
) -> bool | None:
    """What these commits tell of all days; None where they do not reach back to all."""
    waiting = set(days)
    for commit in state.tagged() if state else ():
        covered = {day for day in waiting if _covers(commit.tag.get("days"), day)}
        if not covered or any(commit.tag.get(key) != value for key, value in marks.items()):
            continue
        made = progress_of(commit)
        if made.definition != definition.parts:
            return False
        if any(_has_moved(context, name, made.inputs.get(name), now[name]) for name in now):
            return False
        waiting -= covered
        if not waiting:
            return True
    return None


def _covers(days: Sequence[str] | None, day: date) -> bool:
    return bool(days) and days is not None and days[0] <= str(day) <= days[-1]


def _has_moved(context: RunContext, name: str, since: Position | None, now: Position) -> bool:
    if since is None or since.table_id != now.table_id or since.version > now.version:
        return True
    state = context.progress.state(context.tables, name)
    return since != now and (state is None or has_moved(state, since.version))
