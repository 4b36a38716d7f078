"""What a write mode supplies: the write, and the table as it would be after it."""

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
    """One commit, and how many rows of the batch it holds."""

    commit: Commit
    rows: int


class WriteMode(Protocol):
    """One way of writing. ``supersedes``: whether rows of a batch can lose against others."""

    @property
    def name(self) -> str:
        """The mode as declared."""

    @property
    def supersedes(self) -> bool:
        """Whether every row that is read is written, quarantined or superseded."""

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """The accepted rows into the table, in one commit with ``tag``."""

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The table as a reader would see it after ``write``."""
