"""The implementations of declared write modes, and the modes of bronze and snapshots.

Declared modes are registered in ``lakehouse.config.write_modes``.
"""

from __future__ import annotations

from functools import cache

from lakehouse.config.plugins import import_object
from lakehouse.config.write_modes import MODES
from lakehouse.refresh.write_modes.mode import WriteMode
from lakehouse.refresh.write_modes.new_rows import AppendNewRows
from lakehouse.refresh.write_modes.snapshot import Snapshot

NEW_ROWS = AppendNewRows()
SNAPSHOT = Snapshot()


@cache
def declared_mode(name: str) -> WriteMode:
    """The implementation of ``write: name`` in a declaration."""
    mode: WriteMode = import_object(MODES[name].implementation)()
    return mode
