"""Delta tables by their declared names: where they lie, what they hold, what changed in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.settings import Settings

TAG = "lakehouse"


@dataclass(frozen=True)
class Commit:
    """One commit of a table: its version, Delta's metrics, and the tag that the library wrote."""

    version: int
    operation: str
    metrics: dict[str, str]
    tag: dict[str, Any] = field(default_factory=dict)

    def rows(self, *metrics: str) -> int:
        """The sum of the metrics that this commit has."""
        return sum(int(self.metrics.get(name, 0)) for name in metrics)


@dataclass(frozen=True)
class Tables:
    """The tables of one pipeline and environment, by path or in a catalog."""

    spark: SparkSession
    settings: Settings

    def on(self, spark: SparkSession) -> Tables:
        """The same tables seen from another session."""
        return Tables(spark, self.settings)

    def path(self, table: str) -> str:
        """Folder of the table where no catalog is set."""
        return f"{self.root()}/{table.replace('.', '/')}"

    def root(self) -> str:
        """The warehouse folder, absolute where it is local."""
        return absolute(self.settings.warehouse)

    def identifier(self, table: str) -> str:
        """The table's name in SQL."""
        if not self.settings.catalog:
            return f"delta.`{self.path(table)}`"
        schema, name = table.split(".")
        return f"`{self.settings.catalog}`.`{self.settings.schema_prefix}{schema}`.`{name}`"

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """The table, whole, at ``version`` or as it is now."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        if self.settings.catalog:
            return reader.table(self.identifier(table))
        return reader.load(self.path(table))

    def changes(self, table: str, since: int, until: int) -> DataFrame:
        """Change rows of the versions after ``since`` up to ``until``, with ``_change_type``."""
        reader = (
            self.spark.read.format("delta")
            .option("readChangeFeed", "true")
            .option("startingVersion", since + 1)
            .option("endingVersion", until)
        )
        if self.settings.catalog:
            return reader.table(self.identifier(table))
        return reader.load(self.path(table))

    def commits(self, table: str, limit: int | None = None) -> list[Commit]:
        """The newest commits first; empty when there is no such table."""
        bound = f" LIMIT {limit}" if limit else ""
        try:
            history = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(table)}{bound}")
            rows = history.select(
                "version", "operation", "operationMetrics", "userMetadata"
            ).collect()
        except AnalysisException:
            return []
        return [
            Commit(row[0], row[1] or "", dict(row[2] or {}), _tag(row[3]))
            for row in sorted(rows, key=lambda row: -row[0])
        ]

    def version(self, table: str) -> int | None:
        """The table's newest version; None when there is no such table."""
        commits = self.commits(table, limit=1)
        return commits[0].version if commits else None

    def versions(self, tables: Iterable[str]) -> dict[str, int]:
        """The newest version of each table that is there."""
        found = {table: self.version(table) for table in tables}
        return {table: version for table, version in found.items() if version is not None}

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""
        return self.version(table) is not None

    def last_tagged(self, table: str) -> Commit | None:
        """The newest commit that the library tagged, which says how far the table has read.

        Commits of maintenance carry no tag, so the look goes back until one is found.
        """
        for limit in (10, None):
            commits = self.commits(table, limit)
            tagged = next((commit for commit in commits if commit.tag), None)
            if tagged or limit is None or len(commits) < limit:
                return tagged
        return None


def columns_of(frame: DataFrame, *, but: Sequence[str] = ()) -> list[str]:
    """The frame's columns without those named."""
    return [name for name in frame.columns if name not in but]


def absolute(place: str) -> str:
    """A local folder as an absolute path; an address with a scheme as it is."""
    return place if "://" in place or place.startswith("dbfs:") else str(Path(place).resolve())


def is_local(place: str) -> bool:
    """Whether a place is a folder of this machine."""
    return "://" not in place and not place.startswith("dbfs:")


def _tag(metadata: str | None) -> dict[str, Any]:
    try:
        tag = json.loads(metadata or "{}").get(TAG, {})
    except (json.JSONDecodeError, AttributeError):
        return {}
    return tag if isinstance(tag, dict) else {}
