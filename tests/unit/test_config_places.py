"""Which paths are local folders, and how Hadoop addresses with a single slash are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.config.places import absolute, local_path


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("/data/lake", "/data/lake"),
        ("file:/data/lake", "/data/lake"),
        ("file:///data/lake", "/data/lake"),
        ("FILE:///data/lake", "/data/lake"),
        ("file://localhost/data/lake", "/data/lake"),
        ("file:/data/a%20b", "/data/a%20b"),
        ("/data/2026:03", "/data/2026:03"),
    ],
)
def test_a_folder_of_this_machine(place: str, path: str) -> None:
    assert local_path(place) == Path(path)
    assert absolute(place) == path


@pytest.mark.parametrize(
    "place",
    [
        "hdfs:/data/lake",
        "hdfs://names/data",
        "s3a://bucket/lake",
        "abfss://box@account.dfs.core.windows.net/lake",
        "dbfs:/lake",
        "gs:/bucket",
        "file://other-host/lake",
    ],
)
def test_an_address_of_another_storage_stays_as_it_is(place: str) -> None:
    assert local_path(place) is None
    assert absolute(place) == place


def test_a_relative_folder_lies_below_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("build/dev") == str(tmp_path / "build" / "dev")
    assert absolute("file:build") == str(tmp_path / "build")


def test_a_single_letter_is_a_drive_and_no_scheme() -> None:
    assert local_path("C:/lake") is not None
