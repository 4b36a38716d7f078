"""Ingest: new files into bronze."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.config.yaml_file import shown
from lakehouse.layers import bronze
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.sources.listing import check_folder
from lakehouse.steps.choosing import chosen
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.running import refresh_tables
from lakehouse.storage.tables import absolute


def check(lake: Lake, tables: Sequence[str] | None = None) -> None:
    """Raise UsageError when a landing folder is missing, before anything is written."""
    for table in chosen(lake.pipeline.bronze, tables):
        check_folder(table.source, absolute(lake.settings.landing), where=shown(table.file))


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """Load what is new and due of every source, or of those in ``tables``."""
    check(lake, tables)
    waves = [chosen(lake.pipeline.bronze, tables)]
    return refresh_tables(lake, waves, bronze.refresh, progress or Quiet())
