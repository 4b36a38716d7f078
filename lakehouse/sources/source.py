"""The interface of a source: its declaration, its checks, and how its rows are read.

There are two ways of reading, each a kind of table in ``lakehouse.refresh.kinds``:

- *files* are tracked one by one in a ledger (``ops.files``); bronze's own rows decide where the two
  differ (``Files``, ``format: csv | json | parquet``);
- *rows* of a database, a queue or another table are read up to a position, a watermark that is
  committed with the rows (``RowSource``): a rerun, also after a killed run or a ``RESTORE``,
  continues from the position that bronze holds.

``lakehouse validate`` imports the module of a source and must not import Spark: import it inside
the functions that use it, or take ``F`` and ``T`` from ``config.late_spark``.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.source_declaration import SourceDeclaration
from lakehouse.errors import DeclarationError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Json = Any  # what a commit's tag may hold


class Source(ABC):
    """A kind of source. One instance serves all tables that declare it."""

    kind: ClassVar[str]
    """The value of ``kind:`` in a declaration."""
    declaration: ClassVar[type[SourceDeclaration]]
    """The model of ``source:``."""
    intake: ClassVar[str]
    """``module:class`` of the kind of table that reads it, imported at the first refresh."""
    table_keys: ClassVar[tuple[str, ...]] = ()
    """The keys of the table about files that this kind supports."""

    def check(self, table: BronzeTable) -> Iterator[DeclarationError]:
        """Errors in the declaration (file:line), found without Spark and without the data."""
        yield from ()

    @abstractmethod
    def describe(self, table: BronzeTable) -> str:
        """The source in a phrase, for the documentation."""

    def definition(self, table: BronzeTable) -> dict[str, Json]:
        """The part of the definition that can change the source's rows; compared before each run.

        By default the whole declaration.
        """
        return table.source.model_dump(mode="json")

    def check_place(self, table: BronzeTable, landing: str) -> None:
        """Raise UsageError where the source does not exist, before anything is written.

        Must be cheap: a source that would have to connect leaves the check to the read.
        """
        return


@dataclass(frozen=True)
class RowRequest:
    """One refresh of a bronze table, passed to a source of rows.

    ``start`` and ``end`` are the run's business days, both included; ``landing`` is the folder that
    the settings name, absolute where it is local.
    """

    spark: SparkSession
    table: BronzeTable
    landing: str
    start: date
    end: date


class RowSource(Source):
    """A source of ordered rows that are read up to a position.

    A position is any JSON value: the greatest id, a table's version, an offset for each partition.
    Only the source interprets it. Rows that appear below a committed position are never read, so a
    position must not pass rows that are still to come (of open transactions, say).
    """

    intake = "lakehouse.refresh.kinds.bronze_rows:BronzeRows"

    @abstractmethod
    def newest(self, request: RowRequest) -> Json:
        """The newest position that has rows; None for an empty source."""

    @abstractmethod
    def rows(self, request: RowRequest, after: Json, until: Json) -> DataFrame:
        """The rows after ``after`` up to and including ``until``; all rows from the first if
        ``after`` is None. The same positions must give the same rows.

        Columns are matched by name. A value of another type than the declared one is cast from its
        text; what does not fit goes to ``_rescued_data``.
        """

    def origin(self, until: Json) -> str:
        """``_source_file`` of the rows up to a position; unique for each batch of a table."""
        return f"{self.kind}@{json.dumps(until, sort_keys=True)}"
