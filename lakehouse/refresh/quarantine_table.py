"""Quarantine: rows that failed a critical rule, protected, with the failed rules and the run."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.refresh.context import RunContext
from lakehouse.storage import writes
from lakehouse.storage.history import Commit


def table_of(table: str) -> str:
    """The quarantine of a table: ``quarantine.silver_orders`` for ``silver.orders``."""
    return f"quarantine.{table.replace('.', '_')}"


def write(
    context: RunContext,
    table: str,
    rejected: DataFrame,
    count: int,
    *,
    batch: str | None,
    clears: str | None = None,
    cleared_keys: DataFrame | None = None,
) -> None:
    """Write the rejected rows of one batch. A retried batch replaces the rows of its first attempt.

    ``batch`` names where the batch begins, so that a retry has the same name; None is a full read,
    which replaces all rows. ``clears`` is a predicate of earlier rows that this batch replaces,
    ``cleared_keys`` a frame with the keys of such rows. Raises RunFailed where the number of rows
    written is not ``count``.
    """
    name = table_of(table)
    with context.progress.locked(context.tables, name):
        state = context.progress.state(context.tables, name)
        if state is None and not count:
            return
        context.progress.forget(name)
        rows = rejected.withColumn("_run_id", F.lit(context.run.run_id))
        tag = {"run_id": context.run.run_id, "batch": batch}
        if state is None or batch is None:
            _check_count(name, count, writes.overwrite(context.tables, name, rows, tag))
            return
        _clear(context, name, clears, cleared_keys, find_stale_runs(list(state.tagged()), batch))
        if count:
            _check_count(name, count, writes.append(context.tables, name, rows, tag))


def find_stale_runs(commits: list[Commit], batch: str) -> list[str]:
    """The runs whose quarantined rows this batch replaces.

    These are earlier attempts of the same batch, and later batches that a ``RESTORE`` of the table
    has undone. ``commits`` are those of the quarantine table. Batches ``a@3`` and ``a@5`` began
    after versions 3 and 5 of the same input; a batch that begins at ``a@3`` replaces both.
    """
    return sorted(
        {
            str(commit.tag["run_id"])
            for commit in commits
            if _begins_at_or_after(commit.tag.get("batch"), batch)
        }
    )


def _begins_at_or_after(name: str | None, batch: str) -> bool:
    if name is None or name == batch:
        return name == batch
    earlier, start = _parse_positions(name), _parse_positions(batch)
    if not start or earlier.keys() != start.keys():
        return False
    return all(earlier[table] >= version for table, version in start.items())


def _parse_positions(name: str) -> dict[str, int]:
    pairs = [part.rpartition("@") for part in name.split(", ")]
    return {table: int(version) for table, at, version in pairs if at and version.isdigit()}


def _clear(
    context: RunContext, name: str, clears: str | None, keys: DataFrame | None, runs: list[str]
) -> None:
    tables, run_id = context.tables, context.run.run_id
    if keys is not None:
        clauses = "WHEN MATCHED THEN DELETE"
        tag = {"run_id": run_id, "clears": "affected groups"}
        writes.merge(tables, name, keys, on=keys.columns, clauses=clauses, tag=tag)
    listed = ", ".join(f"'{run}'" for run in runs)
    stale = f"_run_id IN ({listed})" if runs else None
    for predicate in filter(None, (clears, stale)):
        tag = {"run_id": run_id, "clears": predicate}
        writes.delete(tables, name, predicate, tag)


def _check_count(name: str, expected: int, commit: Commit) -> None:
    written = commit.rows("numOutputRows")
    if written is not None and expected != written:
        raise RunFailed(
            f"{written} rows were written to quarantine, but {expected} were rejected", where=name
        )
