"""Loads of a file that a later load replaced (``on_changed_file: replace``).

Bronze keeps the rows of every load, identified by file and ``_run_id``. The commit of a newer load
records in its tag which loads it replaces; ``ops.files`` collects these per file:

    bronze   _source_file  _run_id  _known_date     tag of the second commit, known on Tuesday
             a.csv         run 1    Monday          {"a.csv": {"runs": ["run 1"],
             a.csv         run 2    Tuesday                    "since": Tuesday, "content": …}}

    add_known_until   run 1: Tuesday; run 2: NULL, its rows are current
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.pipeline import Pipeline
from lakehouse.refresh.batch import FileBatch, Replaced
from lakehouse.refresh.progress import ProgressReader
from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.listing import SourceFile
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.history import Commit
from lakehouse.storage.tables import Tables

TAG = "replaced"
"""The key in the tag of a bronze commit of the files whose earlier loads it replaced."""
CONTENTS = "contents"
"""The key in the tag of a bronze commit of the files that it loaded with another content than the
ledger has: the content's hash by path."""
HAS_REPLACED = "has_replaced"
"""The key in a commit's tag: the table, or its ``__replaced`` table, has replaced rows."""
Entries: TypeAlias = dict[str, dict[str, Any]]
_LOAD = ("_source_file", "_run_id")


def may_have_replaced(
    pipeline: Pipeline, tables: Tables, progress: ProgressReader, bronze: str
) -> bool:
    """Whether a bronze table may have rows of replaced loads."""
    if pipeline.bronze[bronze].changed_file_policy == "replace":
        return True
    newest = progress.progress(tables, bronze)
    return newest is not None and bool(newest.commit.tag.get(HAS_REPLACED))


def tag_contents(batch: FileBatch, loaded: Iterable[SourceFile]) -> dict[str, dict[str, str]]:
    """The part ``CONTENTS`` of the tag of the commit that loads these files of the batch."""
    changed = [file.key for file in loaded if file.key in batch.changed]
    contents = {key: batch.hashes[key] for key in changed if key in batch.hashes}
    return {CONTENTS: contents} if contents else {}


def collect_replaced(commits: Iterable[Commit]) -> Replaced:
    """The loads that the commits of a bronze table replaced."""
    replaced: Replaced = {}
    for commit in commits:
        replaced = add(replaced, commit.tag.get(TAG) or {})
    return replaced


def add(replaced: Replaced, entries: Entries) -> Replaced:
    """Add the entries of one commit's tag to the replaced loads."""
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
    """Apply commits that the ledger has not seen, oldest first, and take back undone ones.

    Row counts of new loads are set to 0, since bronze has them. A file whose replacement or other
    new content was undone gets an empty content hash, so that it is loaded again.
    """
    applied = dict(records)
    for commit in commits:
        for path, content in (commit.tag.get(CONTENTS) or {}).items():
            known = applied.get(path) or _blank(table, path)
            applied[path] = replace(
                known, length=None, modified=None, content_hash=content, rows=0, rows_rescued=0,
                outcome="loaded", message=None,
            )  # fmt: skip
        for path, entry in (commit.tag.get(TAG) or {}).items():
            known = applied.get(path) or _blank(table, path)
            applied[path] = replace(
                known, length=None, modified=None, content_hash=entry.get("content"),
                known_date=date.fromisoformat(entry["since"]), rows=0, rows_rescued=0,
                outcome="loaded", message=None,
                replaced=add({path: known.replaced}, {path: entry})[path],
            )  # fmt: skip
    for path in {path for commit in undone for path in commit.tag.get(CONTENTS) or {}}:
        if path in applied:
            applied[path] = replace(applied[path], length=None, content_hash="")
    for path, runs in collect_replaced(undone).items():
        if path in applied:
            known = applied[path]
            remaining = {run: day for run, day in known.replaced.items() if run not in runs}
            applied[path] = replace(known, length=None, content_hash="", replaced=remaining)
    return applied


def apply_newer_commits(
    tables: Tables,
    progress: ProgressReader,
    table: str,
    recorded: Mapping[str, FileRecord],
    since: int | None,
) -> dict[str, FileRecord]:
    """Apply the commits of bronze after version ``since`` to the records."""
    state = progress.state(tables, table)
    commits = state.after(since) if state is not None and since is not None else None
    if commits is None:
        log = progress.whole_log(tables, table)
        first = -1 if since is None else since
        commits = [c for c in log.commits if c.version > first] if log is not None else []
    undone: list[Commit] = []
    if any(commit.operation == "RESTORE" for commit in commits):
        log = progress.whole_log(tables, table)
        counted = {commit.version for commit in log.commits} if log is not None else set()
        undone = [c for c in tables.commits(table) if c.version not in counted]
    return apply(recorded, table, reversed(commits), undone)


def _blank(table: str, path: str) -> FileRecord:
    return FileRecord(table, path, None, None, None, None, None, None, "loaded", None)


def last_day(replaced: Replaced) -> date | None:
    """The last date on which a load was replaced; None without any."""
    return max((day for runs in replaced.values() for day in runs.values()), default=None)


def add_known_until(rows: DataFrame, replaced: Replaced) -> DataFrame:
    """Add ``_known_until`` to rows of bronze: the date on which their load was replaced.

    NULL for current rows. Grain: unchanged.
    """
    loads = [(path, run, day) for path, runs in replaced.items() for run, day in runs.items()]
    if not loads:
        return rows.withColumn(KNOWN_UNTIL, F.lit(None).cast("date"))
    columns = f"_source_file string, _run_id string, {KNOWN_UNTIL} date"
    known = rows.sparkSession.createDataFrame(loads, columns)
    joined = rows.join(F.broadcast(known), list(_LOAD), "left")
    return joined.select(*rows.columns, KNOWN_UNTIL)


def filter_current(rows: DataFrame) -> DataFrame:
    """The current rows: those without ``_known_until``."""
    return rows.where(F.col(KNOWN_UNTIL).isNull())


def filter_replaced(rows: DataFrame) -> DataFrame:
    """The replaced rows: those with ``_known_until``."""
    return rows.where(F.col(KNOWN_UNTIL).isNotNull())


def find_current_loads(
    rows: DataFrame, files: Iterable[str], replaced: Replaced
) -> dict[str, list[str]]:
    """The runs that loaded the current rows of each file; files without rows are omitted."""
    listed = rows.where(F.col("_source_file").isin(sorted(files)))
    loads: dict[str, list[str]] = {}
    for path, run in listed.select(*_LOAD).distinct().collect():
        if run not in replaced.get(path, {}):
            loads.setdefault(path, []).append(run)
    return {path: sorted(runs) for path, runs in loads.items()}
