"""Rows that failed a critical rule: protected columns, the failed rules, and the run."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import RunFailed
from lakehouse.refresh.context import RunContext
from lakehouse.storage import writes
from lakehouse.storage.history import Commit


def table_of(table: str) -> str:
    """``quarantine.silver_orders`` of ``silver.orders``."""
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
    """The rejected rows of one batch. A batch tried again takes the place of its first try.

    ``batch`` names where the batch begins, so that the next attempt has the same name; None is a
    whole table, which takes the place of everything. ``clears`` is a predicate of rows that this
    batch decides anew, ``cleared_keys`` a frame of the keys of such rows.
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
            _check(name, count, writes.overwrite(context.tables, name, rows, tag))
            return
        _clear(context, name, clears, cleared_keys, stale_runs(list(state.tagged()), batch))
        if count:
            _check(name, count, writes.append(context.tables, name, rows, tag))


def stale_runs(commits: list[Commit], batch: str) -> list[str]:
    """The runs whose rows this batch decides anew: those of its own earlier tries, and of later
    batches that a ``RESTORE`` of the table has undone.

    ``commits`` are the quarantine's own. Batches ``a@3`` and ``a@5`` began after versions 3 and 5
    of the same input; a batch that begins at ``a@3`` decides the rows of both.
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
    one, other = _positions(name), _positions(batch)
    if not other or one.keys() != other.keys():
        return False
    return all(one[table] >= version for table, version in other.items())


def _positions(name: str) -> dict[str, int]:
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


def _check(name: str, expected: int, commit: Commit) -> None:
    written = commit.rows("numOutputRows")
    if written is not None and expected != written:
        raise RunFailed(f"{written} rows arrived where {expected} were rejected", where=name)
