"""Which commits computed the days of a snapshot, and whether these days are current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from lakehouse.refresh import day_definitions
from lakehouse.refresh.change_feed import has_changed
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.progress import Position, progress_of
from lakehouse.storage.table_state import TableState


def are_current(
    context: RunContext,
    definition: Definition,
    days: Sequence[date],
    now: Mapping[str, Position],
    marks: Mapping[str, Any],
    *,
    newest_only: bool = False,
) -> bool:
    """Whether, for each day, the newest commit that covers it read the current inputs.

    Only commits whose tags have the same ``marks`` count; with ``newest_only``, days whose newest
    commit has other marks are not current. The whole log is read only where the recent commits do
    not cover all days.
    """
    ranges = ranges_of(context, definition.name)
    if ranges and None in day_definitions.definitions_of(ranges, days).values():
        return False
    recent = context.progress.state(context.tables, definition.name)
    is_current = _check_commits(context, definition, days, now, marks, recent, newest_only)
    if is_current is None and recent is not None and not recent.whole_log:
        log = context.progress.whole_log(context.tables, definition.name)
        is_current = _check_commits(context, definition, days, now, marks, log, newest_only)
    return bool(is_current)


def ranges_of(context: RunContext, table: str) -> list[day_definitions.Range]:
    """The definition of each range of days of a snapshot, from its newest commit that counts."""
    state = context.progress.state(context.tables, table)
    commit = state.last_tagged if state else None
    return day_definitions.from_json(commit.tag.get("day_definitions", [])) if commit else []


def _check_commits(
    context: RunContext,
    definition: Definition,
    days: Sequence[date],
    now: Mapping[str, Position],
    marks: Mapping[str, Any],
    state: TableState | None,
    newest_only: bool,
) -> bool | None:
    """Whether all days are current; None where these commits do not cover all days."""
    remaining = set(days)
    for commit in state.tagged() if state else ():
        covered = {day for day in remaining if _covers(commit.tag.get("days"), day)}
        if not covered:
            continue
        if any(commit.tag.get(key) != value for key, value in marks.items()):
            if newest_only:
                return False
            continue
        progress = progress_of(commit)
        if progress.definition != definition.parts:
            return False
        if any(_has_changed(context, name, progress.inputs.get(name), now[name]) for name in now):
            return False
        remaining -= covered
        if not remaining:
            return True
    return None


def _covers(days: Sequence[str] | None, day: date) -> bool:
    return bool(days) and days is not None and days[0] <= str(day) <= days[-1]


def _has_changed(context: RunContext, name: str, since: Position | None, now: Position) -> bool:
    if since is None or since.table_id != now.table_id or since.version > now.version:
        return True
    state = context.progress.state(context.tables, name)
    return since != now and (state is None or has_changed(state, since.version))
