"""The progress reader on a real table: each table is read once, and carried forward."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.config.settings import Settings
from lakehouse.refresh.progress import Position, ProgressReader
from lakehouse.storage import writes
from lakehouse.storage.history import Commit
from lakehouse.storage.tables import Tables


@dataclass(frozen=True)
class Counting(Tables):
    """Tables that count how often a history is read."""

    asked: Counter[str] = field(default_factory=Counter)

    def commits(self, table: str, limit: int | None = None) -> list[Commit]:
        """Count the call."""
        self.asked[table] += 1
        return super().commits(table, limit)


@pytest.fixture
def tables(spark: SparkSession, tmp_path: Path) -> Counting:
    place = str(tmp_path / "w")
    settings = Settings(pipeline="p", env="test", conf_dir=tmp_path, warehouse=place)
    return Counting(spark, settings)


def tag(version: int) -> dict[str, object]:
    inputs = {"bronze.a": {"id": "x", "version": version}}
    return {"run_id": f"r{version}", "inputs": inputs, "watermark": "2026-03-02"}


def test_a_table_is_asked_once_and_carried_forward_by_the_run_s_own_commits(
    tables: Counting,
) -> None:
    writes.overwrite(tables, "silver.a", tables.spark.range(1), tag(0))
    tables.asked.clear()
    reader = ProgressReader()
    for _ in range(2):
        progress = reader.progress(tables, "silver.a")
        assert progress is not None
        assert progress.position("bronze.a") == Position("x", 0)
    assert tables.asked["silver.a"] == 1
    with reader.locked(tables, "silver.a"):
        assert tables.asked["silver.a"] == 1
        commit = writes.append(tables, "silver.a", tables.spark.range(1), tag(1))
        reader.carry("silver.a", commit)
    tables.asked.clear()
    progress = reader.progress(tables, "silver.a")
    assert progress is not None
    assert progress.position("bronze.a") == Position("x", 1)
    assert str(progress.watermark) == "2026-03-02"
    assert tables.asked["silver.a"] == 0


def test_what_another_run_wrote_meanwhile_is_seen_inside_the_lock(tables: Counting) -> None:
    writes.overwrite(tables, "silver.a", tables.spark.range(1), tag(0))
    reader, other = ProgressReader(), ProgressReader()
    reader.state(tables, "silver.a")
    with other.locked(tables, "silver.a"):
        writes.append(tables, "silver.a", tables.spark.range(1), tag(1))
    with reader.locked(tables, "silver.a"):
        progress = reader.progress(tables, "silver.a")
    assert progress is not None
    assert progress.position("bronze.a") == Position("x", 1)


def test_the_state_after_a_restore_and_its_position(tables: Counting) -> None:
    writes.overwrite(tables, "silver.a", tables.spark.range(1), tag(0))
    writes.append(tables, "silver.a", tables.spark.range(1), tag(1))
    tables.spark.sql(f"RESTORE TABLE {tables.identifier('silver.a')} TO VERSION AS OF 0")
    reader = ProgressReader()
    progress = reader.progress(tables, "silver.a")
    position = reader.position(tables, "silver.a")
    assert progress is not None
    assert position is not None
    assert (progress.position("bronze.a"), position.version) == (Position("x", 0), 2)
