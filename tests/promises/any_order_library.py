"""What the library decides of the files in a landing folder, without Spark.

The folder is a real one, which the library lists and hashes. Instead of reading rows and committing
them, a run notes which content of which file it would have loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lakehouse.config.declarations import BronzeTable
from lakehouse.refresh import replacements
from lakehouse.refresh.batch import FileBatch
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.file_batch import build_file_batch, decide_files
from lakehouse.refresh.file_records import left_out_records, loaded_records
from lakehouse.refresh.files_in_bronze import rebuild
from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.file_source import FileSource, file_source
from lakehouse.sources.known_files import KnownFiles
from lakehouse.sources.listing import list_files
from lakehouse.sources.summary import FileSummary
from lakehouse.storage.history import Commit

FIRST = date(2026, 3, 2)
BROKEN = "broken"
CONTENTS = ("", "head\n", "head\na\n", "head\nb\n", BROKEN)
NAMES = ("0/a", "0/b", "1/a")


@dataclass(frozen=True)
class Load:
    """A content of a file that was loaded, and the day since which its rows are known."""

    key: str
    content: str
    known: date
    is_current: bool = True


@dataclass
class Report:
    """What a run said: files that it named, and how many it still warns of."""

    named: set[str] = field(default_factory=set)
    warned: int = 0


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def key_of(name: str) -> str:
    """The file's path below the landing folder."""
    number, part = name.split("/")
    return f"t/{day_of(int(number))}/{part}.csv"


def has_rows(content: str) -> bool:
    return content.count("\n") > 1


@dataclass
class Library:
    """The library's decisions about a landing folder, with what they would have loaded."""

    landing: Path
    table: BronzeTable
    records: dict[str, FileRecord] = field(default_factory=dict)
    bronze: list[Load] = field(default_factory=list)
    unseen: list[Commit] = field(default_factory=list)

    def run(self, start: date, end: date, *, dies: bool) -> Report:
        """Batch after batch, as ``refresh_in_batches`` does."""
        run = Run("r", "ingest", start, end)
        none: Any = None
        context, report = RunContext(none, none, none, none, run), Report()
        if self.unseen:
            known = replacements.apply(self.records, self.table.table, self.unseen)
            self.records = rebuild(known, dict(self._found()))
            self.unseen = []
        while True:
            listing = list_files(none, file_source(self.table), str(self.landing))
            known = KnownFiles.of(self.records.values())
            decision = decide_files(context, self.table, listing, known)
            report.warned = _warned(decision.alerts)
            report.named |= {file.key for file in decision.rejected} | set(decision.unreadable)
            batch = build_file_batch(context, self.table, decision, known)
            loads = len(self.bronze)
            records = [*decision.updates, *self._load(batch, run)]
            bad = {record.path for record in records if record.outcome == "unreadable"}
            if dies and batch.files:
                loaded = [file for file in batch.files if file.key not in bad]
                if len(self.bronze) > loads:
                    tag = replacements.tag_contents(batch, loaded)
                    self.unseen.append(Commit(1, "WRITE", tag=tag))
                return report
            self.records |= {record.path: record for record in records}
            report.named |= bad
            context.state.left_out.update((self.table.table, key) for key in bad)
            if not batch.has_more:
                return report

    def _load(self, batch: FileBatch, run: Run) -> Iterator[FileRecord]:
        contents = {f.key: self.landing.joinpath(f.key).read_text() for f in batch.files}
        broken = {key: "cannot be read" for key, text in contents.items() if text == BROKEN}
        loaded = [file for file in batch.files if file.key not in broken]
        before = {load.key for load in self.bronze if load.is_current}
        again = {file.key for file in loaded} & before
        assert again <= batch.new_versions | batch.replaces, "loaded before, and taken for new"
        self.bronze = [
            replace(load, is_current=load.is_current and load.key not in again & batch.replaces)
            for load in self.bronze
        ]
        summaries = [
            FileSummary(file.key, contents[file.key].count("\n") - 1, 0, 0, 0)
            for file in loaded
            if has_rows(contents[file.key])
        ]
        records = loaded_records(self.table, batch, loaded, summaries, run)
        for record in records:
            if record.rows and record.known_date:
                self.bronze.append(Load(record.path, contents[record.path], record.known_date))
        yield from records
        yield from left_out_records(self.table, batch, broken, "unreadable")

    def _found(self) -> Iterator[tuple[str, FileRecord]]:
        """The files of bronze's rows."""
        for load in self.bronze:
            yield (
                load.key,
                FileRecord(
                    self.table.table, load.key, None, None, None, load.known, 1, 0, "loaded", None
                ),
            )


def _warned(alerts: list[str]) -> int:
    return sum(int(text.split()[0]) for text in alerts if "changed after being loaded" in text)


def declared(policy: str, duplicates: str, max_files: int | None) -> BronzeTable:
    return BronzeTable.model_validate(
        {
            "table": "bronze.t",
            "description": "d",
            "file": Path("t.yml"),
            "source": FileSource(
                kind="files", format="csv", path="{landing}/t/{date}", max_files=max_files
            ),
            "columns": {"head": {"type": "string", "pii": "none"}},
            "on_changed_file": policy,
            "on_duplicate_file": duplicates,
        }
    )
