"""The JVM is started for little data only where the folders are known to hold little."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakehouse.storage import data_size, launch
from lakehouse.storage.data_size import is_little


def test_folders_hold_little_up_to_a_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_size, "LITTLE_BYTES", 10)
    landing, warehouse = tmp_path / "landing", tmp_path / "warehouse"
    (landing / "orders").mkdir(parents=True)
    (landing / "orders" / "a.csv").write_bytes(b"12345")
    assert is_little([str(landing), str(warehouse)])
    warehouse.mkdir()
    (warehouse / "a.parquet").write_bytes(b"12345")
    assert is_little([str(landing), f"file:{warehouse}"])
    (warehouse / "b.parquet").write_bytes(b"1")
    assert not is_little([str(landing), str(warehouse)])


def test_many_files_and_other_storage_are_not_known_to_be_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_size, "_MOST_FILES", 2)
    assert is_little([str(tmp_path)])
    for name in "ab":
        (tmp_path / name).touch()
    assert not is_little([str(tmp_path)])
    assert not is_little(["s3a://bucket/landing"])


def test_options_of_one_s_own_are_kept_and_others_set_for_the_launch_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "LAKEHOUSE_JAVA_OPTIONS"
    monkeypatch.delenv(name, raising=False)
    with launch._java_options("-XX:+UseSerialGC"):
        assert os.environ[name] == "-XX:+UseSerialGC"
    assert name not in os.environ
    monkeypatch.setenv(name, "-Xmx1g")
    with launch._java_options("-XX:+UseSerialGC"):
        assert os.environ[name] == "-Xmx1g"
    assert os.environ[name] == "-Xmx1g"
