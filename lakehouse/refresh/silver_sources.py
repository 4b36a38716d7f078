"""The batch of a silver table: what is new in each of its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.branches import branches_of, unite_batches
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.dumps import dump_batch, dump_source
from lakehouse.refresh.progress import Position
from lakehouse.refresh.silver_batch import (
    FIRST_BUILD,
    full_batch,
    full_read_reason,
    incremental_batch,
    read_source,
    refuse_loss,
)
from lakehouse.refresh.source_batches import end_of_batch


def read_new(context: RunContext, definition: Definition, *, is_lost: bool) -> Batch | NothingNew:
    """The rows inserted into the sources since the watermark, or all of them.

    With ``is_lost`` the change data feed cannot be read. Raises UsageError where another writer
    changed rows of bronze, and where a rebuild from the sources would lose rows.
    """
    reader, tables = context.progress, context.tables
    now = reader.positions(tables, definition.sources)
    if not now:
        return NothingNew(f"nothing new in {', '.join(definition.sources)}")
    missing = [name for name in definition.lookups if reader.state(tables, name) is None]
    if missing:
        return NothingNew(f"waits for {', '.join(missing)}")
    why = _full_read_reason(context, definition, now, is_lost=is_lost)
    if why:
        refuse_loss(context, definition, why)
    progress = reader.progress(tables, definition.name)
    before = dict(progress.inputs) if progress else {}
    batches = {
        branch.sources[0]: _read_source(context, branch, before, now[branch.sources[0]], why)
        for branch in branches_of(definition)
        if branch.sources[0] in now
    }
    if not definition.branches:
        return next(iter(batches.values()))
    parts = {name: batch for name, batch in batches.items() if isinstance(batch, Batch)}
    if not parts:
        return NothingNew(f"nothing new in {', '.join(definition.sources)}")
    read = {name: at for name, at in before.items() if name in definition.sources}
    return unite_batches(parts, read)


def _full_read_reason(
    context: RunContext,
    definition: Definition,
    now: Mapping[str, Position],
    *,
    is_lost: bool,
) -> str:
    """Why all sources are read in full: the reason of the first that has one."""
    progress = context.progress.progress(context.tables, definition.name)
    joins_others = bool(definition.branches and progress and not context.run.full_refresh)
    for branch in branches_of(definition):
        source = branch.sources[0]
        since = progress.position(source) if progress else None
        if source not in now or (since is None and joins_others):
            continue
        why = full_read_reason(context, branch, progress, since, now[source], feed_is_lost=is_lost)
        if why:
            return why
    return ""


def _read_source(
    context: RunContext,
    branch: Definition,
    before: Mapping[str, Position],
    now: Position,
    why: str,
) -> Batch | NothingNew:
    """The batch of one source; all of its rows where ``why`` says so."""
    since = before.get(branch.sources[0])
    dumps = dump_source(context, branch)
    if dumps is not None:
        return dump_batch(context, branch, dumps, since, now, why)
    until = end_of_batch(context, branch, since, now) if why in ("", FIRST_BUILD) else now
    if why:
        batch: Batch | NothingNew = full_batch(context, branch, until, why)
    elif since is None:
        batch = _first_batch(context, branch, until)
    else:
        batch = incremental_batch(context, branch, since, until)
    return batch if isinstance(batch, NothingNew) else replace(batch, has_more=until != now)


def _first_batch(context: RunContext, definition: Definition, now: Position) -> Batch:
    """All rows of a source that was not there when the table was built from its other sources."""
    rows = read_source(context, definition, now)
    return Batch({definition.inputs[0]: now}, {}, rows=rows, source_row_count=rows.count())
