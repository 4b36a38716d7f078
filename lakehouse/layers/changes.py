"""What is new in the inputs of a table since it last read them."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.storage.tables import Commit, Tables

_FEED = ("_change_type", "_commit_version", "_commit_timestamp")


@dataclass(frozen=True)
class Batch:
    """New rows of one source: ``since`` is the version read before, None for the whole table."""

    frame: DataFrame
    since: int | None
    until: int

    @property
    def name(self) -> str | None:
        """Where the batch starts, in words; None for the whole table."""
        return None if self.since is None else f"after {self.since}"


def new_rows(tables: Tables, source: str, last: Commit | None) -> Batch | None:
    """Rows inserted into ``source`` after the version that ``last`` records; None without any."""
    until = tables.version(source)
    since = version_read(last, source)
    if until is None or until == since:
        return None
    if since is None:
        return Batch(tables.read(source, until), None, until)
    feed = tables.changes(source, since, until).where(F.col("_change_type") == "insert")
    return Batch(feed.drop(*_FEED), since, until)


def version_read(last: Commit | None, source: str) -> int | None:
    """How far a table has read ``source``, from its last tagged commit."""
    return last.tag.get("inputs", {}).get(source) if last else None


def images(tables: Tables, source: str, since: int, until: int, *, old: bool = False) -> DataFrame:
    """Rows before and after each change of ``source``; with ``old`` only those that went away."""
    feed = tables.changes(source, since, until)
    if old:
        feed = feed.where(F.col("_change_type").isin("delete", "update_preimage"))
    return feed.drop(*_FEED)
