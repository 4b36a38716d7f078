"""What the ledger knows as columns, and that leaving out settled files changes no decision."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.sources.decision import Decision
from lakehouse.sources.file_record import FileRecord, to_row
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.known_files import COLUMNS, KnownFiles
from lakehouse.sources.ledger import decide
from lakehouse.sources.listing import Listing, SourceFile, list_files
from lakehouse.sources.pattern import path_pattern

DAY = datetime.date(2026, 3, 1)
THEN = datetime.datetime(2026, 3, 1, 9, 0, 0, 123_000, tzinfo=datetime.UTC)
LATER = THEN + datetime.timedelta(milliseconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
OUTCOMES = ("loaded", "rejected", "ignored", "unreadable", "not_understood")


def record(key: str, **changes: Any) -> FileRecord:
    loaded = FileRecord("bronze.t", key, 10, THEN, f"hash {key}", DAY, 5, 0, "loaded", None)
    return replace(loaded, **changes)


def stamp(key: str, length: int = 10, modified: datetime.datetime = THEN) -> tuple[str, int, int]:
    return key, length, (modified - EPOCH) // datetime.timedelta(microseconds=1)


def test_a_record_is_the_same_after_it_was_a_row() -> None:
    records = [
        record("a", message="why", replaced={"run 1": DAY}),
        FileRecord("bronze.t", "b", None, None, None, None, None, None, "unreadable", None),
    ]
    known = KnownFiles.of(records)
    assert list(known.values()) == records
    assert (len(known), list(known), "c" in known) == (2, ["a", "b"], False)
    with pytest.raises(KeyError):
        known["c"]


def test_of_two_rows_of_a_path_the_last_one_counts() -> None:
    rows = [to_row(record("a")), to_row(record("b")), to_row(record("a", outcome="rejected"))]
    known = KnownFiles(pa.Table.from_pylist(rows, schema=COLUMNS))
    assert list(known.values()) == [record("a", outcome="rejected"), record("b")]
    assert known.settled() == {stamp("b")}


def test_only_loaded_and_ignored_files_of_plain_names_are_settled() -> None:
    known = KnownFiles.of(
        [
            *(record(outcome, outcome=outcome) for outcome in OUTCOMES),
            record("d/10:00.csv"),
            record("d/\ufffd.csv"),
            record("rebuilt", length=None, modified=None),
        ]
    )
    assert known.settled() - {("rebuilt", None, None)} == {stamp("loaded"), stamp("ignored")}


def test_a_time_between_two_milliseconds_is_no_listed_time() -> None:
    odd = THEN + datetime.timedelta(microseconds=1)
    assert stamp("a") not in KnownFiles.of([record("a", modified=odd)]).settled()


def test_contents_are_found_where_they_were_loaded() -> None:
    known = KnownFiles.of(
        [
            record("a"),
            record("b", outcome="rejected"),
            record("c", outcome="ignored"),
            record("d", content_hash=None),
        ]
    )
    wanted = [f"hash {key}" for key in "abcde"]
    assert known.find_loaded(wanted) == {"hash a": "a", "hash b": "b"}
    assert known.find_loaded(["hash b"]) == {"hash b": "b"}
    assert known.find_loaded([]) == {}


def test_dates_and_replaced_loads_are_those_of_the_files_that_have_any() -> None:
    replaced = {"run 1": DAY}
    records = [record("a"), record("b", known_date=None, replaced=replaced)]
    known = KnownFiles.of(records)
    assert known.known_dates() == {"a": DAY}
    assert known.replaced() == {"b": replaced}
    assert KnownFiles.of(()).replaced() == {}


def test_only_ignored_files_remain_of_a_dropped_table() -> None:
    ignored = record("b", outcome="ignored")
    assert dict(KnownFiles.of([record("a"), ignored]).ignored()) == {"b": ignored}


# The cheap path: a listed file is compared with the ledger by key, length and time.


def every_case() -> tuple[list[SourceFile], list[FileRecord], dict[str, str]]:
    """Files in every state of the ledger and of the folder, with the hashes of their contents."""
    files, records, contents = [], [], {}
    cases = product(
        OUTCOMES, (10, 11, 0), (THEN, LATER), (True, False), (5, 0), ("", ":"), (None, 10)
    )
    for number, (outcome, length, modified, is_equal, rows, odd, known) in enumerate(cases):
        key = f"{number:04}{odd}.csv"
        files.append(SourceFile(f"/landing/{key}", None, modified, length, key))
        message = "rejected content sha256 other" if outcome == "rejected" else None
        records.append(record(key, outcome=outcome, rows=rows, length=known, message=message))
        contents[key] = f"hash {key}" if is_equal else "other"
    for number, copied in enumerate(("0000.csv", "0000.csv", "nowhere")):
        key = f"new-{number}.csv"
        files.append(SourceFile(f"/landing/{key}", None, THEN, 10, key))
        contents[key] = f"hash {copied}"
    return files, [*records, record("deleted.csv")], contents


def listing_of(files: Iterable[SourceFile]) -> Listing:
    paths = {stamp(file.key, file.length, file.modified): file.path for file in files}
    return Listing(paths, [], path_pattern("{landing}", "/landing", "csv"))


@pytest.mark.parametrize("on_changed", ["reject", "new_version", "replace"])
@pytest.mark.parametrize("on_duplicate", ["load", "skip"])
def test_leaving_out_settled_files_changes_no_decision(on_changed: Any, on_duplicate: Any) -> None:
    files, records, contents = every_case()
    known = KnownFiles.of(records)

    def decided(offered: Sequence[SourceFile]) -> Decision:
        return decide(
            offered, known, table="bronze.t",
            content_hashes=lambda asked: {file.key: contents[file.key] for file in asked},
            on_changed_file=on_changed, on_duplicate_file=on_duplicate,
        )  # fmt: skip

    listing = listing_of(files)
    assert listing.files == sorted(files)
    left = listing.files_without(known.settled())
    assert len(left) < len(files)
    assert decided(left) == decided(files)


def test_a_changed_file_is_never_left_out(spark: SparkSession, tmp_path: Path) -> None:
    source = FileSource.model_validate({"kind": "files", "format": "csv", "path": "{landing}"})
    outcomes: dict[str, Any] = dict.fromkeys(
        ("a.csv", "length.csv", "old.csv", "time.csv"), "loaded"
    )
    outcomes |= {f"{name}.csv": name for name in ("ignored", "rejected", "unreadable")}
    written = 1_772_355_600_123_456_789  # nanoseconds
    for name in outcomes:
        write(tmp_path / name, "0123456789", written)
    known = KnownFiles.of(
        record(file.key, length=file.length, modified=file.modified, outcome=outcomes[file.key])
        for file in list_files(spark, source, str(tmp_path)).files
    )

    def left() -> list[str]:
        listing = list_files(spark, source, str(tmp_path))
        return [file.key.removesuffix(".csv") for file in listing.files_without(known.settled())]

    # What was rejected needs an alert, what was unreadable another try.
    assert left() == ["rejected", "unreadable"]
    write(tmp_path / "time.csv", "0123456789", written + 1_000_000)
    write(tmp_path / "length.csv", "0123456789+", written)
    (tmp_path / "old.csv").rename(tmp_path / "new.csv")
    assert left() == ["length", "new", "rejected", "time", "unreadable"]
    write(tmp_path / "ignored.csv", "0123456789", written - 1_000_000)
    assert left() == ["ignored", "length", "new", "rejected", "time", "unreadable"]


def write(file: Path, text: str, modified: int) -> None:
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(modified, modified))
