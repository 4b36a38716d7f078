"""The protocol of a write mode: the write, and a preview of the table after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pyspark.sql import DataFrame

from lakehouse.refresh.batch import Batch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.storage.history import Commit

Tag = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A commit, and the numbers of rows of the batch that it wrote and of keys that it deleted.

    ``appended`` has the rows of a commit that did nothing but append them.
    """

    commit: Commit
    rows: int
    deleted: int = 0
    appended: DataFrame | None = None


class WriteMode(Protocol):
    """A write mode: one object for all tables that declare it."""

    @property
    def name(self) -> str:
        """The mode as declared."""

    @property
    def supersedes(self) -> bool:
        """Whether rows that are read may be superseded, neither written nor quarantined."""

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Write the accepted rows, in one commit with ``tag``."""

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The rows that a reader would see after ``write``; for rules with ``scope: table``."""
