"""Table locks: on a local disk Delta does not keep writers of other processes apart."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lakehouse.config.places import local_path
from lakehouse.storage.tables import Tables

logger = logging.getLogger(__name__)


def is_lockable(tables: Tables) -> bool:
    """Whether the tables are in a local folder, where file locks keep writers apart."""
    return not tables.settings.catalog and local_path(tables.settings.warehouse) is not None


@contextmanager
def table_lock(tables: Tables, table: str) -> Iterator[None]:
    """Hold the table's lock, from reading its progress to its commit; wait for other writers.

    Does nothing where the warehouse is not a local folder; there, Delta's commit protocol keeps
    writers apart. On S3 that needs a log store (conf/spark/s3).
    """
    file = _lock_file(tables, table)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: waiting for another writer", table)
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Written first, so that a writer that is killed while it holds the lock is noticed too.
        os.pwrite(handle, secrets.token_hex(8).encode(), 0)
        yield
    finally:
        os.close(handle)


def writer_token(tables: Tables, table: str) -> str | None:
    """A token that changes with each writer of the table; None where there are no locks.

    While it is unchanged, no run has written the table through the library.
    """
    file = _lock_file(tables, table)
    if file is None:
        return None
    try:
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def _lock_file(tables: Tables, table: str) -> Path | None:
    folder = local_path(tables.root())
    if folder is None or not is_lockable(tables):
        return None
    return folder / "_locks" / f"{table}.lock"
