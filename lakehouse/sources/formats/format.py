"""What a format of files supplies: its extensions, the options that it knows, and the reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import DataType

    from lakehouse.config.declarations import BronzeTable
    from lakehouse.sources.file_source import FileSource
    from lakehouse.sources.listing import SourceFile
    from lakehouse.sources.opened import Opened
    from lakehouse.sources.summary import FileSummary


class Wrong(NamedTuple):
    """What is wrong with an option, and what to write instead."""

    message: str
    hint: str | None = None


OptionCheck = Callable[[str], Wrong | None]
"""What is wrong with the text of an option; None where nothing is."""


class Format(ABC):
    """One format. Its module is imported by ``validate``, and so does without Spark at the top."""

    name: ClassVar[str]
    """What ``format:`` of a declaration says."""
    extensions: ClassVar[tuple[str, ...]]
    """The endings of its files, in lower case; ``.gz`` may follow."""
    options: ClassVar[Mapping[str, OptionCheck]] = {}
    """The options that a source may declare, in the order of the documents."""

    @abstractmethod
    def open(
        self,
        spark: SparkSession,
        table: BronzeTable,
        source: FileSource,
        files: Sequence[SourceFile],
        types: dict[str, DataType],
    ) -> list[Opened]:
        """The files, a group for each form that they have; ``types`` are the declared ones.

        Raises what Spark raises for a file that cannot be read.
        """

    def why_not_understood(
        self, summary: FileSummary | None, start: bytes, table: BronzeTable, source: FileSource
    ) -> str | None:
        """Why a file must not be loaded, in words without its content; None where it may be.

        ``summary`` is None for a file that gave no row, and otherwise one of a file of which too
        much was rescued; ``start`` are its first bytes, unzipped.
        """
        return "it gave no row" if summary is None else summary.share_not_understood(table)


def check_flag(text: str) -> Wrong | None:
    """``true`` or ``false``."""
    is_flag = text.lower() in ("true", "false")
    return None if is_flag else Wrong(f"'{text}' is neither true nor false")


def check_whole_number(text: str) -> Wrong | None:
    """Digits, perhaps with a minus before them."""
    is_number = text.removeprefix("-").isdecimal()
    return None if is_number else Wrong(f"'{text}' is not a whole number")


def check_text(text: str) -> Wrong | None:
    """Any text will do."""
    return None
