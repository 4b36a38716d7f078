"""Features: what was known of each entity on each day, and labels for days gone by."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.features import snapshot
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.steps.choosing import chosen
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.running import refresh_tables


def check(lake: Lake, tables: Sequence[str] | None = None) -> None:
    """Raise before anything is written when a feature or a label is refused."""
    for table in chosen({**lake.pipeline.features, **lake.pipeline.labels}, tables):
        snapshot.check(lake, table)


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """A snapshot of every feature table for each day of the run, and the labels then known."""
    check(lake, tables)
    declared = chosen({**lake.pipeline.features, **lake.pipeline.labels}, tables)
    return refresh_tables(lake, [declared], snapshot.refresh, progress or Quiet())
