"""Delta tables by their declared names: location, rows, changes and commits."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.places import absolute, local_path
from lakehouse.config.settings import Settings
from lakehouse.errors import RunFailed
from lakehouse.storage.commit_files import find_incomplete, is_empty, read_commits, read_table_id
from lakehouse.storage.history import Commit, parse_tag
from lakehouse.storage.table_state import TableState, drop_undone, is_absent

RECENT = 30
"""The number of commits read at first; the whole log only where these do not suffice."""
_ABSENT = frozenset(
    {
        *("DELTA_MISSING_DELTA_TABLE", "DELTA_TABLE_NOT_FOUND", "DELTA_PATH_DOES_NOT_EXIST"),
        "DELTA_TABLE_ONLY_OPERATION",  # of a path without a Delta log
        *("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "PATH_NOT_FOUND"),
    }
)


@dataclass(frozen=True)
class Tables:
    """The tables of one pipeline and environment, by path or in a catalog."""

    spark: SparkSession
    settings: Settings

    def on(self, spark: SparkSession) -> Tables:
        """The same tables, read through another session."""
        return Tables(spark, self.settings)

    def path(self, table: str) -> str:
        """The folder of the table; used where no catalog is set."""
        return f"{self.root()}/{table.replace('.', '/')}"

    def root(self) -> str:
        """The warehouse folder, absolute where it is local."""
        return absolute(self.settings.warehouse)

    def local_folder(self, table: str) -> Path | None:
        """The table's folder on a local disk; None in a catalog and in other storage."""
        if self.settings.catalog:
            return None
        return local_path(self.path(table))

    def local_size(self, table: str, *, most: int | None = None) -> int | None:
        """The bytes of the table's files, removed rows included; None if it is not on a local disk.

        A table that does not exist has none. Files are counted until there are more than ``most``.
        """
        folder = self.local_folder(table)
        if folder is None:
            return None
        size = 0
        for file in folder.rglob("*.parquet"):
            with suppress(FileNotFoundError):  # removed meanwhile, such as by VACUUM
                size += file.stat().st_size
            if most is not None and size > most:
                break
        return size

    def identifier(self, table: str) -> str:
        """The table's name in SQL."""
        if not self.settings.catalog:
            return f"delta.`{self.path(table)}`"
        schema, name = table.split(".")
        return f"`{self.settings.catalog}`.`{self.settings.schema_prefix}{schema}`.`{name}`"

    def read(self, table: str, version: int | None = None) -> DataFrame:
        """The rows of the table at ``version``, or its current rows."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        if self.settings.catalog:
            return reader.table(self.identifier(table))
        return reader.load(self.path(table))

    def changes(self, table: str, since: int, until: int) -> DataFrame:
        """The change data feed after version ``since`` up to ``until``, with ``_change_type``."""
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
        """The commits in Delta's log, newest first; empty where the table does not exist.

        Read from the files of the log on a local disk, with ``DESCRIBE HISTORY`` elsewhere. Raises
        RunFailed where the history cannot be read, since that does not prove that the table is
        absent, and where the newest commit that changed rows has lost some of them.
        """
        folder = self.local_folder(table)
        commits = None if folder is None else read_commits(folder, limit)
        if folder is None or commits is None:
            return self._describe_history(table, limit)
        incomplete = find_incomplete(folder, commits)
        if incomplete is not None:
            raise _damaged(table, incomplete, "files that it added are missing")
        return commits

    def refuse_empty_commit(self, table: str, version: int) -> None:
        """Raise RunFailed if the file of this commit is empty; does nothing in other storage."""
        folder = self.local_folder(table)
        if folder is not None and is_empty(folder, version):
            raise _damaged(table, version, "the file of the commit is empty")

    def _describe_history(self, table: str, limit: int | None) -> list[Commit]:
        bound = f" LIMIT {limit}" if limit else ""
        try:
            history = self.spark.sql(f"DESCRIBE HISTORY {self.identifier(table)}{bound}")
            rows = history.select(
                *("version", "operation", "operationMetrics", "userMetadata"),
                *("operationParameters", "timestamp"),
            ).collect()
        except Exception as problem:  # for a damaged log, not only an AnalysisException
            if isinstance(problem, AnalysisException) and problem.getCondition() in _ABSENT:
                return []
            raise RunFailed(
                "the history of the table cannot be read",
                where=table,
                hint="run the same command again; --debug shows Spark's full message",
            ) from problem
        return [
            Commit(
                row[0],
                row[1] or "",
                dict(row[2] or {}),
                parse_tag(row[3]),
                dict(row[4] or {}),
                row[5],
            )
            for row in sorted(rows, key=lambda row: -row[0])
        ]

    def state(self, table: str, *, whole_log: bool = False) -> TableState | None:
        """The state of the table from its log; None where the table does not exist, and where the
        run that created it was taken back.

        Reads the newest commits, and the whole log where none of these counts.
        """
        limit = None if whole_log else RECENT
        commits = self.commits(table, limit)
        if not commits:
            return None
        is_whole = limit is None or len(commits) < limit
        counted = tuple(drop_undone(commits))
        state = TableState(commits[0].version, counted, is_whole)
        if is_whole or state.last_tagged is not None:
            return None if is_absent(counted) else state
        return self.state(table, whole_log=True)

    def table_id(self, table: str) -> str:
        """Delta's id of the table; it changes when the table is dropped and created again."""
        folder = self.local_folder(table)
        recorded = None if folder is None else read_table_id(folder)
        if recorded is not None:
            return recorded
        detail = self.spark.sql(f"DESCRIBE DETAIL {self.identifier(table)}").select("id").first()
        return str(detail[0]) if detail else ""

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""
        return self.state(table) is not None


def _damaged(table: str, version: int, problem: str) -> RunFailed:
    return RunFailed(
        f"version {version} in its log is damaged: {problem}",
        where=table,
        hint=f"bring back {version:020}.json from a backup, or RESTORE the table to an "
        "earlier version; then run the same command again",
    )


def columns_of(frame: DataFrame, *, but: Sequence[str] = ()) -> list[str]:
    """The frame's columns without those named."""
    return [name for name in frame.columns if name not in but]
