"""Aggregate: gold tables, brought up to date with their inputs."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.layers import gold
from lakehouse.layers.lake import Lake
from lakehouse.layers.refresh import Refresh
from lakehouse.steps.choosing import chosen, waves
from lakehouse.steps.progress import Progress, Quiet
from lakehouse.steps.running import refresh_tables


def check(lake: Lake, tables: Sequence[str] | None = None) -> None:
    """Raise before anything is written when a declaration of gold is refused."""
    for table in chosen(lake.pipeline.gold, tables):
        gold.check(lake, table)


def run(
    lake: Lake, tables: Sequence[str] | None = None, progress: Progress | None = None
) -> list[Refresh]:
    """Refresh every gold table that reads no predictions; ``score`` refreshes the others."""
    check(lake, tables)
    declared = {table.table: table for table in lake.pipeline.gold_in_order()}
    ordered = waves(chosen(declared, tables))
    return refresh_tables(lake, ordered, gold.refresh, progress or Quiet())
