"""Which commits of a table count: RESTORE, maintenance and writes of others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lakehouse.storage.history import MAINTENANCE, REMOVES, RETENTION, UNDO, Commit
from lakehouse.storage.table_state import TableState, drop_undone, is_absent

START = datetime(2026, 3, 1, tzinfo=UTC)


def commit(version: int, operation: str = "MERGE", *, tagged: bool = True, **other: Any) -> Commit:
    tag = {"run_id": f"r{version}"} if tagged else {}
    return Commit(version, operation, {}, tag, other, START + timedelta(hours=version))


def counted(*commits: Commit) -> list[int]:
    newest_first = sorted(commits, key=lambda c: -c.version)
    return [c.version for c in drop_undone(newest_first)]


def restore(at: int, **to: str) -> Commit:
    return Commit(at, "RESTORE", {}, {}, to, START + timedelta(hours=at))


def test_a_restore_undoes_the_commits_after_its_version() -> None:
    commits = [*map(commit, range(3)), restore(3, version="0"), commit(4)]
    assert counted(*commits) == [4, 3, 0]


def test_a_restore_of_a_restore_brings_the_commits_back() -> None:
    commits = [*map(commit, range(3)), restore(3, version="0"), restore(4, version="2")]
    assert counted(*commits) == [4, 2, 1, 0]


def test_a_restore_to_a_time_undoes_the_commits_after_it() -> None:
    at = (START + timedelta(hours=1, minutes=30)).isoformat()
    assert counted(*map(commit, range(3)), restore(3, timestamp=at)) == [3, 1, 0]


def test_a_restore_that_cannot_be_read_proves_nothing_before_it() -> None:
    assert counted(*map(commit, range(2)), restore(2, timestamp="some day")) == [2]


def state(*commits: Commit) -> TableState:
    newest_first = tuple(sorted(commits, key=lambda c: -c.version))
    return TableState(newest_first[0].version, newest_first)


def test_maintenance_after_the_library_s_commit_leaves_it_the_last_one() -> None:
    seen = state(commit(0), commit(1), commit(2, "OPTIMIZE", tagged=False))
    assert seen.last_tagged == commit(1)


@pytest.mark.parametrize(
    "operation",
    ["SET TBLPROPERTIES", "REORG", "Deletion Vector Tombstones", "Empty Commit", "DROP FEATURE"],
)
def test_removing_deletion_vectors_changes_no_row(operation: str) -> None:
    assert not commit(1, operation, tagged=False).changes_rows


def test_a_foreign_overwrite_ends_what_older_commits_prove() -> None:
    foreign = commit(1, "WRITE", tagged=False, mode="Overwrite")
    assert state(commit(0), foreign).last_tagged is None
    replaced = commit(1, "CREATE OR REPLACE TABLE AS SELECT", tagged=False)
    assert state(commit(0), replaced).last_tagged is None


def test_a_foreign_append_leaves_what_was_read() -> None:
    foreign = commit(1, "WRITE", tagged=False, mode="Append")
    assert state(commit(0), foreign).last_tagged == commit(0)


def test_commits_since_a_version_are_unknown_where_the_log_was_cut() -> None:
    cut = state(commit(5), commit(6))
    assert cut.after(3) is None
    assert cut.after(4) == [commit(6), commit(5)]


def test_a_foreign_commit_between_makes_the_state_unknown() -> None:
    seen = state(commit(0))
    assert seen.with_commit(commit(2)) is None
    carried = seen.with_commit(commit(1))
    assert carried is not None
    assert carried.last_tagged == commit(1)


def test_without_metrics_the_rows_are_unknown() -> None:
    assert commit(0).rows("numOutputRows") is None
    assert Commit(0, "WRITE", {"numFiles": "1"}).rows("numOutputRows") == 0


@pytest.mark.parametrize(
    ("changed", "is_insert"),
    [({}, False), ({"numTargetRowsUpdated": "0"}, True), ({"numTargetRowsDeleted": "1"}, False)],
)
def test_a_merge_only_inserts_where_its_metrics_say_so(
    changed: dict[str, str], is_insert: bool
) -> None:
    assert Commit(1, "MERGE", changed).only_inserts is is_insert


def test_an_append_only_inserts_and_an_overwrite_does_not() -> None:
    assert Commit(1, "WRITE", parameters={"mode": "Append"}).only_inserts
    assert not Commit(1, "WRITE", parameters={"mode": "Overwrite"}).only_inserts
    assert not Commit(1, "DELETE", {"numDeletedRows": "0"}).only_inserts


def undo(at: int, to: int) -> Commit:
    tag = {"run_id": f"u{at}", MAINTENANCE: UNDO}
    return Commit(at, "RESTORE", {}, tag, {"version": str(to)}, START + timedelta(hours=at))


def undone(*commits: Commit) -> TableState:
    newest_first = sorted(commits, key=lambda c: -c.version)
    return TableState(newest_first[0].version, tuple(drop_undone(newest_first)))


def test_an_undo_is_no_refresh_and_no_change_for_who_has_not_read_what_it_took_back() -> None:
    seen = undone(*map(commit, range(3)), undo(3, 1), commit(4))
    assert [c.version for c in seen.tagged()] == [4, 1, 0]
    assert [c.version for c in seen.after(0) or ()] == [4, 1]
    assert [c.version for c in seen.after(1) or ()] == [4]
    assert [c.version for c in seen.after(2) or ()] == [4, 3]  # it had read what was undone


def test_the_versions_to_read_leave_out_what_was_undone() -> None:
    seen = undone(*map(commit, range(3)), undo(3, 1), commit(4), commit(5), undo(6, 4), commit(7))
    assert seen.ranges(0, 7) == [(0, 1), (3, 4), (6, 7)]
    assert seen.ranges(1, 7) == [(3, 4), (6, 7)]
    assert seen.ranges(1, 3) == []
    assert seen.ranges(4, 7) == [(6, 7)]
    assert seen.ranges(2, 7) == [(2, 4), (6, 7)]


def test_the_versions_to_read_begin_with_the_first_change() -> None:
    quiet = [commit(version, "OPTIMIZE", tagged=False) for version in (1, 2, 4)]
    seen = undone(commit(0), *quiet, commit(3), commit(5))
    assert seen.ranges(0, 5) == [(2, 5)]
    assert seen.ranges(0, 2) == []
    assert seen.ranges(3, 5) == [(4, 5)]


def test_after_an_undo_of_the_run_that_created_it_a_table_is_absent() -> None:
    tag = {"run_id": "u1", MAINTENANCE: UNDO, REMOVES: True}
    removal = Commit(1, "WRITE", {}, tag, {"mode": "Overwrite"}, START)
    optimized = commit(2, "OPTIMIZE", tagged=False)
    assert counted(commit(0), removal, optimized) == [2, 1]
    assert is_absent([optimized, removal])
    assert not is_absent([commit(3), optimized, removal])
    assert not is_absent([commit(0)])


def test_rows_deleted_by_the_retention_are_no_change() -> None:
    expired = Commit(1, "DELETE", {}, {"run_id": "m", MAINTENANCE: RETENTION})
    assert not expired.changes_rows
    assert not expired.keeps_rows
    assert state(commit(0), expired).last_tagged == commit(0)
