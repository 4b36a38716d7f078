"""What a source supplies to bronze: its declaration, checks of it, and how its rows are read.

Two ways of reading fit, each a kind of table in ``lakehouse.refresh.kinds``:

- *files* are known one by one: a ledger (``ops.files``) remembers them, and bronze's own rows
  decide where the two differ (``Files``, ``format: csv | json | parquet``);
- *rows* of a database, a queue or another table are known up to a position, a watermark that is
  committed with the rows read up to it (``RowSource``): a run that was killed, a rerun and a
  ``RESTORE`` read on from where bronze really stands.

The module of a source is imported by ``lakehouse validate``, which must not wait for Spark: import
Spark inside the functions that use it, or take ``F`` and ``T`` from ``config.late_spark``.
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
    """A kind of source: one object for all tables that declare it."""

    kind: ClassVar[str]
    """What ``kind:`` of a declaration says."""
    declaration: ClassVar[type[SourceDeclaration]]
    """The model of ``source:``."""
    intake: ClassVar[str]
    """``module:class`` of the kind of table that reads it, imported when a table is refreshed."""
    table_keys: ClassVar[tuple[str, ...]] = ()
    """Keys of the table, about files, that have a meaning for this kind."""

    def check(self, table: BronzeTable) -> Iterator[DeclarationError]:
        """Mistakes of the declaration (file:line), known without Spark and without the data."""
        yield from ()

    @abstractmethod
    def describe(self, table: BronzeTable) -> str:
        """The source in a phrase, for documents."""

    def definition(self, table: BronzeTable) -> dict[str, Json]:
        """What can change the rows that it gives, compared before the first write of a run.

        Everything that is declared, unless a source knows better.
        """
        return table.source.model_dump(mode="json")

    def check_place(self, table: BronzeTable, landing: str) -> None:
        """Raise UsageError where the source is not there, before anything is written.

        Costs next to nothing: a source that would have to connect leaves it to the read.
        """
        return


@dataclass(frozen=True)
class RowRequest:
    """One refresh of a bronze table, as a source of rows sees it.

    ``start`` and ``end`` are the run's business days, both included; ``landing`` is the folder that
    the settings name, absolute where it is local.
    """

    spark: SparkSession
    table: BronzeTable
    landing: str
    start: date
    end: date


class RowSource(Source):
    """A source of rows that come in an order, and are known up to a position.

    A position is whatever JSON can hold: the greatest id, a table's version, an offset for each
    partition. Only the source reads it. A row that is not read up to the position at which it was
    written is lost, so a position must never pass rows that are still to come (of transactions that
    are open, say).
    """

    intake = "lakehouse.refresh.kinds.bronze_rows:BronzeRows"

    @abstractmethod
    def newest(self, request: RowRequest) -> Json:
        """The position up to which there are rows now; None where there is none."""

    @abstractmethod
    def rows(self, request: RowRequest, after: Json, until: Json) -> DataFrame:
        """The rows after one position, up to and including the other; ``after`` None: from the
        first row on. The same positions give the same rows.

        Columns are taken by name. A value of another type than the declared one goes through its
        text, and what does not fit is in ``_rescued_data``.
        """

    def origin(self, until: Json) -> str:
        """``_source_file`` of the rows up to a position; another one for each batch of a table."""
        return f"{self.kind}@{json.dumps(until, sort_keys=True)}"
