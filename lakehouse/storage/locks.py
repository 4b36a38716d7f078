"""One writer a table. On a local disk Delta does not keep writers of other processes apart."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.storage.tables import Tables, is_local


@contextmanager
def one_writer(tables: Tables, table: str) -> Iterator[None]:
    """Hold the table's lock from the look at its progress to its commit; waits for another.

    Where the warehouse is no local folder, Delta's own commit protocol keeps writers apart.
    """
    if not is_local(tables.settings.warehouse) or tables.settings.catalog:
        yield
        return
    folder = Path(tables.root()) / "_locks"
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{table}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
