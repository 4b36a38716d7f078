"""The interface of a file format: its extensions, its options, and the reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from lakehouse.sources.compression import SUFFIXES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.listing import SourceFile
    from lakehouse.sources.opened import Opened
    from lakehouse.sources.summary import FileSummary


class Mistake(NamedTuple):
    """What is wrong with a declaration, at which key, and what to write instead."""

    key: tuple[str, ...]
    message: str
    hint: str | None = None


class InvalidOption(NamedTuple):
    """What is wrong with an option's value, and what to write instead."""

    message: str
    hint: str | None = None


OptionCheck = Callable[[str], InvalidOption | None]
"""Check the text of an option; None where it is valid."""


@dataclass(frozen=True)
class FileRequest:
    """The files of one table to open. ``types`` are the declared types by column."""

    spark: SparkSession
    table: BronzeTable
    source: FileSource
    files: Sequence[SourceFile]
    types: dict[str, DataType]


class Format(ABC):
    """A file format. ``validate`` imports its module, so import Spark inside functions."""

    name: ClassVar[str]
    """The value of ``format:`` in a declaration."""
    extensions: ClassVar[tuple[str, ...]]
    """The extensions of its files, in lower case; one of ``suffixes`` may follow."""
    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES
    """The suffixes of compressed files that Spark unpacks."""
    has_positions: ClassVar[bool] = False
    """Whether a column declares its characters in the line."""
    options: ClassVar[Mapping[str, OptionCheck]] = {}
    """The options that a source may declare, in the order of the documentation."""

    def check(self, table: BronzeTable, source: FileSource) -> Iterator[Mistake]:
        """What the declared columns and options lack together; found without Spark."""
        yield from ()

    @abstractmethod
    def open(self, request: FileRequest) -> list[Opened]:
        """Open the files in a group for each distinct schema.

        Raises Spark's own error for a file that cannot be read.
        """

    def why_not_understood(
        self, summary: FileSummary | None, start: bytes, table: BronzeTable, source: FileSource
    ) -> str | None:
        """Why a file must not be loaded, without quoting its content; None where it may be.

        ``summary`` is None for a file without rows; otherwise too many of its rows were rescued.
        ``start`` are its first bytes, unzipped.
        """
        return "it gave no row" if summary is None else summary.share_not_understood(table)
