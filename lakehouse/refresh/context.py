"""The context of a refresh: session, settings, declarations and the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.command_line import command
from lakehouse.config.pipeline import Pipeline
from lakehouse.config.settings import Settings
from lakehouse.errors import DeclarationError, LakehouseError, UsageError
from lakehouse.privacy.keys import Key, resolve_key
from lakehouse.privacy.policy import Policy
from lakehouse.refresh.batch import SMALL_ROWS
from lakehouse.refresh.collected import CollectedRows
from lakehouse.refresh.file_ledger import FileLedger
from lakehouse.refresh.outcome import RefreshOutcome
from lakehouse.refresh.progress import ProgressReader
from lakehouse.storage.frames import Rows, collect_rows, keep, local_frame, release
from lakehouse.storage.session import materialize_merges
from lakehouse.storage.tables import Tables


@dataclass(frozen=True)
class Run:
    """One call of a step: its id, its business days (both included) and its flags."""

    run_id: str
    step: str
    start: date
    end: date
    full_refresh: bool = False
    accept_change: bool = False
    drop_orphans: bool = False

    def days(self) -> Iterator[date]:
        """The business days of the run, in order."""
        for offset in range((self.end - self.start).days + 1):
            yield self.start + timedelta(days=offset)

    def days_option(self) -> str:
        """The command-line options for the run's days."""
        return days_option(self.start, self.end)

    def flags(self) -> str:
        """The flags of the run, such as ``--full-refresh``; empty where none was given."""
        flags = ("full_refresh", "accept_change", "drop_orphans")
        return " ".join(f"--{flag.replace('_', '-')}" for flag in flags if getattr(self, flag))


def days_option(start: date, end: date) -> str:
    """``--date DAY``, or ``--start DAY --end DAY`` for a range."""
    return f"--date {end}" if start == end else f"--start {start} --end {end}"


@dataclass
class RunState:
    """The state of the tables of a run so far, across its steps.

    Tables that read a ``failed`` table wait. ``partial`` tables lack rows of files that could not
    be loaded, so tables that look them up wait. ``refused`` tables have a changed definition that
    may not be refreshed. ``left_out`` are the files (table, key) that could not be loaded, which
    later batches of the run do not try again. ``unrecorded`` are the outcomes (step, start,
    outcome) that are not in ``ops.runs`` yet.
    """

    failed: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    refused: dict[str, LakehouseError] = field(default_factory=dict)
    left_out: set[tuple[str, str]] = field(default_factory=set)
    unrecorded: list[tuple[str, datetime, RefreshOutcome]] = field(default_factory=list)


@dataclass(frozen=True)
class RunContext:
    """Everything that a refresh needs. ``progress``, ``ledger`` and ``state`` change during a run.

    ``mistakes`` are errors in the SQL, keys and suites of tables; only steps that refresh these
    tables raise them. ``collects`` says that the batch is small: ``keep`` then collects its rows.
    """

    spark: SparkSession
    settings: Settings
    pipeline: Pipeline
    policy: Policy
    run: Run
    provenance: Mapping[str, str | None] = field(default_factory=dict)
    mistakes: tuple[DeclarationError, ...] = ()
    progress: ProgressReader = field(default_factory=ProgressReader, compare=False)
    ledger: FileLedger = field(default_factory=FileLedger, compare=False)
    state: RunState = field(default_factory=RunState, compare=False)
    collected: CollectedRows = field(default_factory=CollectedRows, compare=False)
    kept: list[DataFrame] = field(default_factory=list, compare=False)
    on_driver: list[tuple[DataFrame, Rows]] = field(default_factory=list, compare=False)
    collects: bool = False

    @cached_property
    def tables(self) -> Tables:
        """The pipeline's tables, read through this session."""
        return Tables(self.spark, self.settings)

    @cached_property
    def key(self) -> Key:
        """The key for tokens. Raises UsageError where it is missing or unsuitable."""
        where = f"{self.settings.conf_dir}/{self.settings.env}.yml"
        if self.settings.privacy_key is None:
            raise UsageError(
                "no key for tokens is set",
                where=where,
                hint="privacy_key: ${env:NAME} or ${file:PATH}, at least 32 bytes",
            )
        return resolve_key(self.settings.privacy_key, where=where)

    def command(self, step: str, *, tables: Sequence[str] = (), days: str | None = None) -> str:
        """``lakehouse STEP`` with the run's days, pipeline and environment, for messages.

        ``days`` replaces the days; empty omits them.
        """
        names = f"--tables {','.join(tables)}" if tables else ""
        return command(self.settings, step, self.run.days_option() if days is None else days, names)

    def on(self, spark: SparkSession) -> RunContext:
        """The same run in another session, which keeps its own cached frames."""
        return replace(self, spark=spark, kept=[], on_driver=[])

    def for_step(self, step: str) -> RunContext:
        """The same run, for another of its steps."""
        return replace(self, run=replace(self.run, step=step))

    def for_run(self, run: Run) -> RunContext:
        """A context for another run, without the table states cached by this one."""
        return replace(
            self,
            run=run,
            progress=ProgressReader(),
            ledger=FileLedger(),
            state=RunState(),
            collected=CollectedRows(),
            kept=[],
            on_driver=[],
        )

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame, computed once: cached until the refresh ends, or collected if it is small."""
        if self.collects:
            rows = collect_rows(frame, SMALL_ROWS)
            if rows is not None:
                local = local_frame(frame.sparkSession, rows)
                self.on_driver.append((local, rows))
                return local
            materialize_merges(self.spark)
        kept = keep(frame)
        self.kept.append(kept)
        return kept

    @property
    def is_on_driver(self) -> bool:
        """Whether every frame that was kept is on the driver."""
        return self.collects and not self.kept

    def rows_of(self, frame: DataFrame) -> Rows | None:
        """The rows of a frame that ``keep`` collected; None for any other frame."""
        return next((rows for kept, rows in self.on_driver if kept is frame), None)

    def release(self) -> None:
        """Release the frames and rows of ``keep``."""
        self.on_driver.clear()
        while self.kept:
            release(self.kept.pop())
