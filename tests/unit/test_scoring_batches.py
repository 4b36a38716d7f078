"""Batches that are joined before a model sees them."""

from __future__ import annotations

import pyarrow as pa

from lakehouse.scoring.batches import join_batches


def _batches(*sizes: int) -> list[pa.RecordBatch]:
    """Batches of numbers that go on from one to the next."""
    ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
    return [
        pa.record_batch({"n": pa.array(range(end - size, end), pa.int64())})
        for size, end in zip(sizes, ends, strict=True)
    ]


def test_batches_are_joined_until_there_are_enough_rows() -> None:
    joined = list(join_batches(iter(_batches(4, 4, 4, 9, 1)), rows=8))
    assert [batch.num_rows for batch in joined] == [8, 13, 1]
    assert [n for batch in joined for n in batch.column(0).to_pylist()] == list(range(22))


def test_batches_are_joined_until_there_are_enough_bytes() -> None:
    joined = list(join_batches(iter(_batches(4, 4, 4)), rows=1_000, size=8 * 8))
    assert [batch.num_rows for batch in joined] == [8, 4]


def test_a_joined_batch_is_handed_on_before_the_next_is_asked_for() -> None:
    given = iter(_batches(8, 8))
    next(join_batches(given, rows=8))
    assert len(list(given)) == 1


def test_no_batch_and_no_row() -> None:
    assert list(join_batches(iter([]))) == []
    assert [batch.num_rows for batch in join_batches(iter(_batches(0, 0)))] == [0]
