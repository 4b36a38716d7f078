"""Any order of delivery, with repeats, late and early days, pieces and chunks, equals a model."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from any_order import DELIVERIES, SEQUENCES, STEPS, draw, weight
from any_order_files import FilesInAnyOrder
from any_order_tables import Deliveries
from hypothesis import settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

pytestmark = pytest.mark.usefixtures("privacy_key")
SEED = int(os.environ.get("SOAK_SEED", "19"))
TestFilesInAnyOrder = FilesInAnyOrder.TestCase
TestFilesInAnyOrder.settings = settings(
    max_examples=200, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True
)


@pytest.mark.parametrize("refreshes", [6, pytest.param(STEPS, marks=pytest.mark.soak)])
def test_two_hundred_sequences_of_thirty_steps(
    spark: SparkSession, tmp_path: Path, refreshes: int
) -> None:
    """Each sequence is a key of the same tables. What differs is shrunk to few steps of one key."""
    sequences = draw(SEQUENCES, 200, SEED)
    (deliveries,) = draw(DELIVERIES, 1, SEED)
    numbers = st.sets(st.integers(0, STEPS - 1), min_size=refreshes, max_size=refreshes)
    (refined,) = draw(numbers, 1, SEED)
    assert len(set(sequences)) == 200
    run = Deliveries(spark, tmp_path, deliveries, refined)
    differing = run.compare(sequences)
    if differing:
        key = min(differing, key=lambda number: weight(sequences[number]))
        steps, why = run.shrink(sequences[key])
        shown = [f"{n}: {deliveries[n]} {s}" for n, s in enumerate(steps) if s.kind != "nothing"]
        pytest.fail(
            f"{len(differing)} of 200 sequences differ: {sorted(differing)}; silver follows "
            f"deliveries {sorted(refined)}. One key:\n" + "\n".join([*shown, why or differing[key]])
        )
