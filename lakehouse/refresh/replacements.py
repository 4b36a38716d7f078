"""Contents of files that a later content replaced (``on_changed_file: replace``).

Bronze keeps the rows of every content. Which of them are superseded is told in the tag of the
commit that brought the newer content, and gathered per file in ``ops.files``; a load is known by
its file and ``_run_id``:

    bronze   _source_file  _run_id  _known_date     tag of the second commit, known on Tuesday
             a.csv         run 1    Monday          {"a.csv": {"runs": ["run 1"],
             a.csv         run 2    Tuesday                    "since": Tuesday, "content": …}}

    with_until   run 1 has _known_until Tuesday, run 2 has NULL: it is current
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.pipeline import Pipeline
from lakehouse.refresh.batch import Replaced
from lakehouse.refresh.progress import ProgressReader
from lakehouse.sources.file_record import FileRecord
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.history import Commit
from lakehouse.storage.tables import Tables

TAG = "replaced"
"""In the tag of a commit of bronze: the files whose earlier contents it replaced."""
HAS_REPLACED = "has_replaced"
"""In the tag of a commit: the table holds, or has beside it, rows that were replaced."""
Entries: TypeAlias = dict[str, dict[str, Any]]
_LOAD = ("_source_file", "_run_id")


def may_hold(pipeline: Pipeline, tables: Tables, progress: ProgressReader, bronze: str) -> bool:
    """Whether a bronze table can hold contents that were replaced."""
    if pipeline.bronze[bronze].on_changed_file == "replace":
        return True
    newest = progress.progress(tables, bronze)
    return newest is not None and bool(newest.commit.tag.get(HAS_REPLACED))


def in_commits(commits: Iterable[Commit]) -> Replaced:
    """What the commits of a bronze table replaced."""
    replaced: Replaced = {}
    for commit in commits:
        replaced = add(replaced, commit.tag.get(TAG) or {})
    return replaced


def add(replaced: Replaced, entries: Entries) -> Replaced:
    """What was replaced, with the entries of one more commit."""
    added = {path: dict(runs) for path, runs in replaced.items()}
    for path, entry in entries.items():
        since = date.fromisoformat(entry["since"])
        added.setdefault(path, {}).update(dict.fromkeys(entry["runs"], since))
    return added


def apply(
    records: Mapping[str, FileRecord],
    table: str,
    commits: Iterable[Commit],
    undone: Iterable[Commit] = (),
) -> dict[str, FileRecord]:
    """The ledger after commits that it does not know, oldest first, and without the undone ones.

    How many rows the new content has is for bronze to say. A file whose replacement was undone has
    no known content, so that it is loaded again.
    """
    applied = dict(records)
    for commit in commits:
        for path, entry in (commit.tag.get(TAG) or {}).items():
            known = applied.get(path) or _blank(table, path)
            applied[path] = replace(
                known, length=None, modified=None, content_hash=entry.get("content"),
                known_date=date.fromisoformat(entry["since"]), rows=0, rows_rescued=0,
                outcome="loaded", message=None,
                replaced=add({path: known.replaced}, {path: entry})[path],
            )  # fmt: skip
    for path, runs in in_commits(undone).items():
        if path in applied:
            known = applied[path]
            left = {run: day for run, day in known.replaced.items() if run not in runs}
            applied[path] = replace(known, length=None, content_hash="", replaced=left)
    return applied


def bring_forward(
    tables: Tables,
    progress: ProgressReader,
    table: str,
    recorded: Mapping[str, FileRecord],
    since: int | None,
) -> dict[str, FileRecord]:
    """The records with what the commits after version ``since`` of bronze replaced."""
    state = progress.state(tables, table)
    commits = state.after(since) if state is not None and since is not None else None
    if commits is None:
        whole = progress.whole_log(tables, table)
        first = -1 if since is None else since
        commits = [c for c in whole.commits if c.version > first] if whole is not None else []
    undone: list[Commit] = []
    if any(commit.operation == "RESTORE" for commit in commits):
        whole = progress.whole_log(tables, table)
        counted = {commit.version for commit in whole.commits} if whole is not None else set()
        undone = [c for c in tables.commits(table) if c.version not in counted]
    return apply(recorded, table, reversed(commits), undone)


def _blank(table: str, path: str) -> FileRecord:
    return FileRecord(table, path, None, None, None, None, None, None, "loaded", None)


def last_day(replaced: Replaced) -> date | None:
    """The last day on which a content was replaced."""
    return max((day for runs in replaced.values() for day in runs.values()), default=None)


def with_until(rows: DataFrame, replaced: Replaced) -> DataFrame:
    """Rows of bronze with ``_known_until``: the day since which another content stands in the
    place of theirs; NULL for rows that are current. Grain: the same."""
    loads = [(path, run, day) for path, runs in replaced.items() for run, day in runs.items()]
    if not loads:
        return rows.withColumn(KNOWN_UNTIL, F.lit(None).cast("date"))
    columns = f"_source_file string, _run_id string, {KNOWN_UNTIL} date"
    known = rows.sparkSession.createDataFrame(loads, columns)
    joined = rows.join(F.broadcast(known), list(_LOAD), "left")
    return joined.select(*rows.columns, KNOWN_UNTIL)


def only_current(rows: DataFrame) -> DataFrame:
    """The rows without those that were replaced."""
    return rows.where(F.col(KNOWN_UNTIL).isNull())


def only_replaced(rows: DataFrame) -> DataFrame:
    """The rows that were replaced."""
    return rows.where(F.col(KNOWN_UNTIL).isNotNull())


def loads_of(rows: DataFrame, files: Iterable[str], replaced: Replaced) -> dict[str, list[str]]:
    """The runs that loaded the current rows of each of these files; files without rows are not
    there."""
    listed = rows.where(F.col("_source_file").isin(sorted(files)))
    loads: dict[str, list[str]] = {}
    for path, run in listed.select(*_LOAD).distinct().collect():
        if run not in replaced.get(path, {}):
            loads.setdefault(path, []).append(run)
    return {path: sorted(runs) for path, runs in loads.items()}
