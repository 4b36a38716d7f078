"""Refresh tables in parallel, inputs first, and record each refresh."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from graphlib import TopologicalSorter

from lakehouse.errors import LakehouseError
from lakehouse.refresh.batches import refresh_in_batches
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import changes_of
from lakehouse.refresh.file_ledger import write_records
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome
from lakehouse.steps.progress import Progress
from lakehouse.steps.recording import record, recover
from lakehouse.storage.failures import unexpected_error
from lakehouse.storage.session import is_connect, sibling

logger = logging.getLogger(__name__)


def prepare(context: RunContext, definitions: Iterable[Definition]) -> None:
    """Before the first write of a run: record the refreshes that a killed run left unrecorded, and
    compare each definition with the one in the table's newest commit.

    A table whose changed definition is not accepted is refused: it and its dependents are skipped.
    """
    chosen = list(definitions)
    recover(context, [definition.name for definition in chosen])
    for definition in chosen:
        progress = context.progress.progress(context.tables, definition.name)
        changes = changes_of(progress.definition, definition) if progress else []
        decision = definition.kind.decide(definition, changes, context.run) if changes else None
        if changes:
            logger.info("%s: %s", definition.name, "; ".join(change.text for change in changes))
        if decision is not None and decision.error is not None:
            context.state.refused[definition.name] = decision.error


def refresh_tables(
    context: RunContext, definitions: Mapping[str, Definition], progress: Progress
) -> list[RefreshOutcome]:
    """Refresh the tables in parallel, each after those that it reads.

    A failed table blocks only the tables that read it; the error is in its outcome. ``ops.files``
    is written at the end, ``ops.runs`` by ``flush``.
    """
    progress.step(context.run.step, len(definitions))
    outcomes: list[RefreshOutcome] = []
    started = datetime.now(UTC)
    try:
        for wave in waves(definitions):
            outcomes += _refresh_wave(context, wave, progress)
    finally:
        remember(context, outcomes, started)
        files = [file for outcome in outcomes for file in outcome.files]
        write_records(context.tables, context.progress, files, run_id=context.run.run_id)
    return outcomes


def remember(context: RunContext, outcomes: Sequence[RefreshOutcome], started: datetime) -> None:
    """Keep the outcomes of the context's step until ``flush`` records them."""
    context.state.unrecorded.extend((context.run.step, started, outcome) for outcome in outcomes)


def flush(context: RunContext) -> None:
    """Write unrecorded outcomes to ``ops.runs``. If the run is killed before, the next run recovers
    them from the commits of its tables."""
    record(context)


def waves(definitions: Mapping[str, Definition]) -> list[list[Definition]]:
    """The tables in topological order, as waves: a table reads only tables of earlier waves."""
    sorter = TopologicalSorter(
        {
            name: [source for source in definition.inputs if source in definitions]
            for name, definition in definitions.items()
        }
    )
    sorter.prepare()
    ordered: list[list[Definition]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=list(definitions).index)
        ordered.append([definitions[name] for name in ready])
        sorter.done(*ready)
    return ordered


def _refresh_wave(
    context: RunContext, wave: Sequence[Definition], progress: Progress
) -> list[RefreshOutcome]:
    threads = 1 if is_connect(context.spark) else min(context.settings.threads, max(len(wave), 1))
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(_refresh_one, context, table, progress) for table in wave]
        return [future.result() for future in as_completed(waiting)]


def _refresh_one(context: RunContext, definition: Definition, progress: Progress) -> RefreshOutcome:
    progress.started(definition.name)
    logger.debug("%s: refresh starts", definition.name)
    begin = time.monotonic()
    try:
        waits = _waits_for(context, definition)
        own = context.on(sibling(context.spark))
        outcome = waits or refresh_in_batches(own, definition)
    except LakehouseError as error:
        outcome = RefreshOutcome(definition.name, status="failed", message=str(error), error=error)
    except Exception as problem:
        outcome = RefreshOutcome(
            definition.name, status="failed", error=unexpected_error(definition.name, problem)
        )
        outcome.message = str(outcome.error)
    outcome.seconds = round(time.monotonic() - begin, 3)
    logger.info("%s: %s in %.1f s", definition.name, outcome.status, outcome.seconds)
    _remember(context, definition, outcome, is_waiting=bool(waits))
    progress.done(outcome)
    return outcome


def _waits_for(context: RunContext, definition: Definition) -> RefreshOutcome | None:
    """The outcome of a table that is refused, or that has an input which was not refreshed.

    None where the table can be refreshed. A partly loaded source does not block the silver table
    that it drives, which reads the rest later; it blocks silver tables that use it as a lookup,
    since written rows do not change.
    """
    state = context.state
    error = state.refused.get(definition.name)
    if error is not None:
        return skipped_outcome(definition.name, str(error), error=error)
    lookups = definition.lookups if definition.kind.name == "silver" else ()
    behind = [
        name
        for name in definition.inputs
        if name in state.failed or (name in lookups and name in state.partial)
    ]
    return skipped_outcome(definition.name, f"waits for {', '.join(behind)}") if behind else None


def _remember(
    context: RunContext, definition: Definition, outcome: RefreshOutcome, *, is_waiting: bool
) -> None:
    if is_waiting or outcome.blocks:
        context.state.failed.add(definition.name)
    source_is_partial = not context.state.partial.isdisjoint(definition.sources)
    if outcome.is_partial or source_is_partial:
        context.state.partial.add(definition.name)
