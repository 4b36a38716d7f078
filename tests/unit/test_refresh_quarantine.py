"""Which rows of a quarantine table a batch replaces."""

from __future__ import annotations

from lakehouse.refresh.quarantine_table import find_stale_runs, table_of
from lakehouse.storage.history import Commit


def commits(**batches: str | None) -> list[Commit]:
    return [
        Commit(version, "WRITE", {}, {"run_id": run, "batch": batch})
        for version, (run, batch) in enumerate(batches.items())
    ]


def test_a_batch_tried_again_takes_the_place_of_its_first_try() -> None:
    assert find_stale_runs(commits(r1="a@1", r2="a@4"), "a@4") == ["r2"]


def test_after_a_restore_the_rows_of_the_undone_batches_go() -> None:
    assert find_stale_runs(commits(r1="a@1", r2="a@4", r3="a@6"), "a@3") == ["r2", "r3"]


def test_rows_of_earlier_batches_and_of_another_source_stay() -> None:
    assert find_stale_runs(commits(r0=None, r1="a@1", r2="b@9"), "a@4") == []


def test_several_inputs_are_compared_one_by_one() -> None:
    assert find_stale_runs(commits(r1="a@1, b@5", r2="a@3, b@4"), "a@2, b@4") == ["r2"]


def test_the_name_of_a_quarantine() -> None:
    assert table_of("silver.orders") == "quarantine.silver_orders"
