"""What is new in the inputs of a table since it last read them."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.storage.tables import Commit, Tables

WHOLE = "whole"
"""Marks, in a commit's tag, that the commit replaced every row of the table."""
_FEED = ("_change_type", "_commit_version", "_commit_timestamp")
_COUNTED = {"WRITE": True, "SET TBLPROPERTIES": False, "OPTIMIZE": False}
"""Commits whose inserted rows the history tells: as ``numOutputRows``, or none."""


@dataclass(frozen=True)
class Batch:
    """New rows of one source: ``since`` is the version read before, None for the whole table."""

    frame: DataFrame
    since: int | None
    until: int
    told: int | None = None

    def count(self) -> int:
        """How many rows came: as the source's commits tell, else counted."""
        return self.frame.count() if self.told is None else self.told

    @property
    def name(self) -> str | None:
        """Where the batch starts, in words; None for the whole table."""
        return None if self.since is None else f"after {self.since}"


def new_rows(tables: Tables, source: str, last: Commit | None) -> Batch | None:
    """Rows inserted into ``source`` after the version that ``last`` records; None without any."""
    commits = tables.commits(source, limit=20)
    since = version_read(last, source)
    if not commits or commits[0].version == since:
        return None
    until = commits[0].version
    if since is None or _made_anew(tables, source, commits, since):
        return Batch(tables.read(source, until), None, until)
    feed = tables.changes(source, since, until).where(F.col("_change_type") == "insert")
    return Batch(feed.drop(*_FEED), since, until, _rows_of(commits, since, until))


def _made_anew(tables: Tables, source: str, commits: list[Commit], since: int) -> bool:
    """Whether a full refresh has replaced the rows that were read: then all of them are new."""
    if commits[-1].version > since + 1:
        commits = tables.commits(source)
    return any(c.tag.get(WHOLE) for c in commits if c.version > since)


def _rows_of(commits: list[Commit], since: int, until: int) -> int | None:
    """Rows that the commits of a range inserted; None where they do not all tell."""
    of_range = [commit for commit in commits if since < commit.version <= until]
    if len(of_range) < until - since or any(c.operation not in _COUNTED for c in of_range):
        return None
    return sum(c.rows("numOutputRows") for c in of_range if _COUNTED[c.operation])


def version_read(last: Commit | None, source: str) -> int | None:
    """How far a table has read ``source``, from its last tagged commit."""
    return last.tag.get("inputs", {}).get(source) if last else None


def images(tables: Tables, source: str, since: int, until: int, *, old: bool = False) -> DataFrame:
    """Rows before and after each change of ``source``; with ``old`` only those that went away."""
    feed = tables.changes(source, since, until)
    if old:
        feed = feed.where(F.col("_change_type").isin("delete", "update_preimage"))
    return feed.drop(*_FEED)
