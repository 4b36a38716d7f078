"""Refresh a table batch by batch, where its source is read in several (``max_files``)."""

from __future__ import annotations

from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.file_ledger import write_records
from lakehouse.refresh.outcome import RefreshOutcome, join_outcomes
from lakehouse.refresh.refresh import refresh


def refresh_in_batches(context: RunContext, definition: Definition) -> RefreshOutcome:
    """Refresh until nothing is left; each batch is a commit, so a killed run goes on after it.

    The files of a batch are recorded before the next one is chosen. Files that could not be loaded
    are not tried again. Raises LakehouseError as ``refresh`` does.
    """
    outcome = refresh(context, definition)
    while outcome.has_more and not outcome.blocks:
        write_records(context.tables, context.progress, outcome.files, run_id=context.run.run_id)
        context.ledger.forget()
        bad = ("unreadable", "not_understood")
        context.state.left_out.update(
            (file.table, file.path) for file in outcome.files if file.outcome in bad
        )
        outcome = join_outcomes(outcome, refresh(context, definition))
    return outcome
