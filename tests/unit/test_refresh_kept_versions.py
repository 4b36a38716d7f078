"""Until which version the rows of a version stay the same, so that its own files may go."""

from __future__ import annotations

import pytest

from lakehouse.refresh.kept_versions import same_rows_until
from lakehouse.storage.history import MAINTENANCE, RETENTION, Commit

EXPIRED = {"run_id": "m", MAINTENANCE: RETENTION}
LOG = [
    Commit(0, "WRITE"),
    Commit(1, "MERGE"),
    Commit(2, "OPTIMIZE"),
    Commit(3, "SET TBLPROPERTIES"),
    Commit(4, "DELETE", {}, EXPIRED),  # no change for readers, but other rows
    Commit(5, "RESTORE", {}, {}, {"version": "1"}),
    Commit(6, "VACUUM END"),
]


@pytest.mark.parametrize(("version", "until"), [(0, 0), (1, 3), (2, 3), (4, 4), (5, 6), (6, 6)])
def test_only_commits_that_keep_every_row_follow(version: int, until: int) -> None:
    assert same_rows_until(LOG[::-1], version) == until
