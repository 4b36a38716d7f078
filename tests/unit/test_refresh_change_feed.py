"""A change data feed that can no longer be read is told from a write that failed."""

from __future__ import annotations

import pytest

from lakehouse.refresh.change_feed import is_unreadable

LOST = "java.io.FileNotFoundException: File file:/w/silver/a/part-0.parquet does not exist"
READ_ONLY = "java.io.FileNotFoundException: /w/silver/a/part-0.parquet (Read-only file system)"
FULL = "java.io.FileNotFoundException: /w/silver/a/part-0.parquet (No space left on device)"


@pytest.mark.parametrize(("text", "expected"), [(LOST, True), (READ_ONLY, False), (FULL, False)])
def test_a_file_that_cannot_be_written_is_no_lost_feed(text: str, expected: bool) -> None:
    assert is_unreadable(RuntimeError(text)) is expected
