"""The file ledger is rebuilt from bronze, which is authoritative."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from lakehouse.refresh.file_ledger import is_up_to_date
from lakehouse.refresh.files_in_bronze import rebuild
from lakehouse.sources.file_record import FileRecord
from lakehouse.storage.history import Commit
from lakehouse.storage.table_state import TableState

DAY = date(2026, 3, 2)


def record(path: str, **other: Any) -> FileRecord:
    given: dict[str, Any] = {
        "table": "bronze.a",
        "path": path,
        "length": 10,
        "modified": datetime(2026, 3, 2, tzinfo=UTC),
        "content_hash": "h",
        "known_date": DAY,
        "rows": 2,
        "rows_rescued": 0,
        "outcome": "loaded",
        "message": None,
    }
    return FileRecord(**given | other)


def in_bronze(path: str, rows: int = 2) -> FileRecord:
    return record(path, length=None, modified=None, content_hash=None, rows=rows)


def test_a_file_of_bronze_that_the_ledger_lacks_was_loaded() -> None:
    assert rebuild({}, {"a.csv": in_bronze("a.csv")}) == {"a.csv": in_bronze("a.csv")}


def test_a_file_that_bronze_lacks_was_not_loaded() -> None:
    assert rebuild({"a.csv": record("a.csv")}, {}) == {}


def test_a_file_without_rows_leaves_no_trace_in_bronze_and_stays() -> None:
    empty = record("a.csv", rows=0)
    assert rebuild({"a.csv": empty}, {}) == {"a.csv": empty}


def test_what_the_ledger_alone_knows_of_a_file_stays() -> None:
    known = record("a.csv", rows=5)
    assert rebuild({"a.csv": known}, {"a.csv": in_bronze("a.csv")}) == {"a.csv": record("a.csv")}


def test_a_file_that_was_tried_in_vain_and_then_loaded_is_loaded() -> None:
    tried = record("a.csv", outcome="unreadable", rows=None)
    assert rebuild({"a.csv": tried}, {"a.csv": in_bronze("a.csv")}) == {"a.csv": in_bronze("a.csv")}


def test_a_ledger_is_up_to_date_with_the_newest_commit_that_changed_rows() -> None:
    loaded, compacted = Commit(1, "WRITE"), Commit(2, "OPTIMIZE")
    state = TableState(2, (compacted, loaded))
    assert is_up_to_date(state, 1)
    assert not is_up_to_date(state, 0)


def test_a_commit_without_an_operation_does_not_prove_what_was_loaded() -> None:
    damaged = TableState(1, (Commit(1, ""), Commit(0, "WRITE")))
    assert not is_up_to_date(damaged, 1)


def test_what_was_replaced_stays_where_bronze_holds_the_file_or_its_earlier_contents() -> None:
    replaced = {"run 1": DAY}
    recorded = {
        "a.csv": record("a.csv", replaced=replaced),
        "b.csv": record("b.csv", outcome="unreadable", rows=None, replaced=replaced),
        "c.csv": record("c.csv", replaced=replaced),
    }
    rebuilt = rebuild(recorded, {"a.csv": in_bronze("a.csv"), "b.csv": in_bronze("b.csv")})
    assert {path: one.replaced for path, one in rebuilt.items()} == dict.fromkeys(
        recorded, replaced
    )
    # Of c.csv bronze holds only what was replaced: it is loaded again.
    assert (rebuilt["c.csv"].length, rebuilt["c.csv"].content_hash, rebuilt["c.csv"].rows) == (
        None, "", 0,
    )  # fmt: skip
