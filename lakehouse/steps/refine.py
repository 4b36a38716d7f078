"""Refine: new bronze rows, protected and checked, into silver."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.layers import silver
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.steps.choosing import chosen, waves
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.running import refresh_tables


def check(lake: Lake, tables: Sequence[str] | None = None) -> None:
    """Raise before anything is written when the key or a declaration of silver is refused."""
    declared = chosen(lake.pipeline.silver, tables)
    if declared:
        _ = lake.key
    for table in declared:
        silver.check(lake, table)


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """Refresh every silver table, or those in ``tables``."""
    check(lake, tables)
    ordered = waves(chosen(lake.pipeline.silver, tables))
    return refresh_tables(lake, ordered, silver.refresh, progress or Quiet())
