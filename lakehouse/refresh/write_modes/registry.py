"""The write modes that a declaration names, and those of bronze and of snapshots.

``lakehouse.config.write_modes`` is where a mode is registered.
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
    """The mode that ``write: name`` of a declaration stands for."""
    mode: WriteMode = import_object(MODES[name].implementation)()
    return mode
