"""Refresh a table: read what is new, protect, transform, check, write once."""

from __future__ import annotations

import logging

from lakehouse.config.declarations import SilverTable
from lakehouse.refresh import change_feed, sizing
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome, stopped_outcome
from lakehouse.refresh.tag import build_tag
from lakehouse.refresh.write_modes.mode import Written

logger = logging.getLogger(__name__)


def refresh(context: RunContext, definition: Definition) -> RefreshOutcome:
    """Refresh one table under its lock; the caller records the outcome.

    Raises LakehouseError where the table must not be refreshed. A gate that stops the write is not
    an error but an outcome.
    """
    context = sizing.fit_to_tables(context, definition)
    with context.progress.locked(context.tables, definition.name):
        try:
            return _refresh(context, definition, full=False)
        except Exception as problem:
            if not change_feed.is_unreadable(problem):
                raise
            # The change data feed is gone (VACUUM, log retention), but current rows can be read.
            logger.info("%s: its inputs' change data feed is gone; full read", definition.name)
            context.release()
            return _refresh(context, definition, full=True)
        finally:
            context.release()


def _refresh(context: RunContext, definition: Definition, *, full: bool) -> RefreshOutcome:
    kind, mode = definition.kind, definition.mode
    batch = kind.read_new(context, definition, full=full)
    if isinstance(batch, NothingNew):
        logger.info("%s: %s", definition.name, batch.reason)
        return skipped_outcome(
            definition.name, batch.reason, alerts=batch.alerts, files=batch.files
        )
    context = sizing.fit_to_batch(context, definition, batch)
    how = "full" if batch.is_full else "incremental"
    logger.info("%s: %s, %s", definition.name, how, batch.describe())
    logger.debug("%s: reads %s", definition.name, batch.versions())
    rows = kind.transform(context, definition, batch)
    checked = kind.check(context, definition, batch, rows)
    _log_verdict(definition.name, checked)
    kind.quarantine(context, definition, batch, checked)
    if checked.verdict.stopped:
        outcome = _outcome(definition, batch, checked)
        message = checked.verdict.message(definition.name)
        return stopped_outcome(
            outcome, message, retry_command(context, definition), context.run.run_id
        )
    if checked.accepted is None:
        return _unwritten_outcome(definition, batch, checked)
    tag = build_tag(context, definition, batch, checked)
    written = mode.write(context, definition, batch, checked, tag)
    context.progress.carry(definition.name, written.commit)
    if written.appended is not None:
        change_feed.offer_appended(context, definition.name, written.commit, written.appended)
    kind.finish(context, definition, batch, checked)
    version = written.commit.version
    logger.info("%s: %d rows in version %d", definition.name, written.rows, version)
    return _passed_outcome(context, definition, batch, checked, written)


def _log_verdict(table: str, checked: Checked) -> None:
    verdict = checked.verdict
    logger.info(
        "%s: %d rows read, %d quarantined, %d of %d rules passed%s",
        table,
        verdict.rows_read,
        verdict.rows_quarantined,
        sum(result.ok for result in verdict.results),
        len(verdict.results),
        "; stopped" if verdict.stopped else "",
    )


def _outcome(definition: Definition, batch: Batch, checked: Checked) -> RefreshOutcome:
    verdict = checked.verdict
    return RefreshOutcome(
        definition.name,
        rows_input=batch.rows_input(verdict.rows_read),
        rows_read=verdict.rows_read,
        rows_quarantined=verdict.rows_quarantined,
        rows_rescued=checked.rows_rescued,
        input_versions=batch.versions(),
        rules=list(verdict.results),
        alerts=[*batch.alerts, *checked.alerts],
        reasons=checked.reasons,
        files=checked.files,
        has_more=batch.has_more,
    )


def _passed_outcome(
    context: RunContext, definition: Definition, batch: Batch, checked: Checked, written: Written
) -> RefreshOutcome:
    outcome = _outcome(definition, batch, checked)
    outcome.rows_written = written.rows
    outcome.rows_deleted = written.deleted
    outcome.output_version = written.commit.version
    if definition.mode.supersedes:
        outcome.rows_superseded = outcome.rows_read - outcome.rows_quarantined - written.rows
        changes_rows = bool(getattr(definition.table, "changes_rows", False))
        outcome.assert_counts_add_up(changes_rows=changes_rows)
    return _with_error(outcome, checked)


def _unwritten_outcome(definition: Definition, batch: Batch, checked: Checked) -> RefreshOutcome:
    outcome = _outcome(definition, batch, checked)
    outcome.status = "skipped" if checked.error is None else "failed"
    return _with_error(outcome, checked)


def _with_error(outcome: RefreshOutcome, checked: Checked) -> RefreshOutcome:
    if checked.error is not None:
        outcome.status = "failed"
        outcome.is_partial = True
        outcome.error = checked.error
        outcome.message = checked.error.message
    return outcome


def retry_command(context: RunContext, definition: Definition) -> str:
    """The command that retries this refresh.

    Faulty silver rows are fixed in the source's files, so for silver ``ingest`` comes first.
    """
    days = f"{context.run.days_option()} {context.run.flags()}".strip()
    retry = context.command(context.run.step, tables=[definition.name], days=days)
    if not isinstance(definition.table, SilverTable):
        return retry
    ingest = context.command("ingest", tables=definition.table.sources)
    return f"{ingest} && {retry}"
