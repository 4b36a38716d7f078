"""Files are identified by a hash of their content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.sources import content_hash
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.listing import list_files


def test_hashes_from_disk_and_from_spark_are_equal(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a b+%41ä#[x].json", "b.json", "c:d.json"]
    for name in names:
        (tmp_path / name).write_text(name)
    source = FileSource.model_validate({"kind": "files", "format": "json", "path": "{landing}"})
    files = list_files(spark, source, str(tmp_path)).files
    expected = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    assert content_hash.content_hashes(spark, files) == expected
    readable = [file for file in files if file.name_problem is None]
    del expected["c:d.json"]
    monkeypatch.setattr(content_hash, "local_path", lambda _: None)
    assert content_hash.content_hashes(spark, readable) == expected


def test_a_file_that_cannot_be_opened_has_no_hash(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "a.json")
    (tmp_path / "b.json").write_text("x")
    source = FileSource.model_validate({"kind": "files", "format": "json", "path": "{landing}"})
    files = list_files(spark, source, str(tmp_path)).files
    assert list(content_hash.content_hashes(spark, files)) == ["b.json"]
