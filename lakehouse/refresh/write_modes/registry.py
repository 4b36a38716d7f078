"""The write modes by the name that a declaration gives."""

from __future__ import annotations

from lakehouse.refresh.write_modes.append import Append
from lakehouse.refresh.write_modes.files import AppendFiles
from lakehouse.refresh.write_modes.mode import WriteMode
from lakehouse.refresh.write_modes.rebuild import Rebuild
from lakehouse.refresh.write_modes.replace_keys import ReplaceKeys
from lakehouse.refresh.write_modes.scd1 import Scd1
from lakehouse.refresh.write_modes.scd2 import Scd2
from lakehouse.refresh.write_modes.snapshot import Snapshot

DECLARED: dict[str, WriteMode] = {
    mode.name: mode for mode in (Append(), Scd1(), Scd2(), ReplaceKeys(), Rebuild())
}
"""What ``write:`` of a declaration may name."""

FILES = AppendFiles()
SNAPSHOT = Snapshot()
