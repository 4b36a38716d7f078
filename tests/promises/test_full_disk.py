"""A full disk and a folder that cannot be written stop a run with an error that says so, and the
same command ends right once there is room. Needs root, for a small file system of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from crashing import (
    Content,
    content_of_files,
    declare,
    differences,
    land_monday,
    land_tuesday,
    words,
)
from pyspark.sql import SparkSession
from till import MON, TUE, Till

from lakehouse.cli.main import main

ROOM = "64m"
SPARE = (0, 16, 48, 96, 160, 240, 320, 400)
"""Room in kB beside what is there; a run of a day needs more than the greatest."""


def mount(*words: str) -> None:
    """Mount, or skip the test where that is not allowed."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small file system")
    answer = subprocess.run(["mount", *words], capture_output=True, text=True)
    if answer.returncode:
        pytest.skip(f"this machine allows no mount: {answer.stderr.strip()}")


@contextmanager
def mounted(folder: Path, *words: str) -> Iterator[None]:
    """Something at ``folder``, which is emptied of it in the end."""
    mount(*words, str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def monday(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str) -> Till:
    """Monday in every table, and the files of Tuesday."""
    till = declare(tmp_path_factory.mktemp("monday"))
    land_monday(till)
    assert main(words(till, MON)) == 0
    land_tuesday(till)
    return till


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, monday: Till
) -> Content:
    """What the run of Tuesday gives where there is room."""
    till = monday.copied(tmp_path_factory.mktemp("room"))
    assert main(words(till, TUE)) == 0
    return content_of_files(till.home / "shop" / "warehouse")


@pytest.mark.parametrize(
    "spare",
    [pytest.param(kb, marks=() if kb == 96 else pytest.mark.soak) for kb in SPARE],
)
def test_a_run_on_a_full_disk_ends_once_there_is_room(
    tmp_path: Path,
    spark: SparkSession,
    monday: Till,
    expected: Content,
    capsys: pytest.CaptureFixture[str],
    spare: int,
) -> None:
    home = tmp_path / "disk"
    home.mkdir()
    with mounted(home, "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs"):
        till = monday.copied(home)
        used = shutil.disk_usage(home).used
        resize(home, f"{used // 1024 + spare}k")
        capsys.readouterr()
        assert main(words(till, TUE)) == 3
        text = "".join(capsys.readouterr())
        print(text)
        assert "No space left on device" in text
        resize(home, ROOM)
        assert main(words(till, TUE)) == 0
        assert differences(content_of_files(till.home / "shop" / "warehouse"), expected) == []


def resize(folder: Path, size: str) -> None:
    mount("-o", f"remount,size={size}", str(folder))


@pytest.mark.parametrize(
    "folder",
    [
        "silver",
        pytest.param("", marks=pytest.mark.soak),
        pytest.param("ops", marks=pytest.mark.soak),
    ],
)
def test_a_run_in_a_read_only_folder_ends_once_it_can_be_written(
    tmp_path: Path,
    spark: SparkSession,
    monday: Till,
    expected: Content,
    capsys: pytest.CaptureFixture[str],
    folder: str,
) -> None:
    till = monday.copied(tmp_path)
    place = till.home / "shop" / "warehouse" / folder
    with mounted(place, "--bind", str(place)):
        mount("-o", "remount,bind,ro", str(place))
        capsys.readouterr()
        assert main(words(till, TUE)) == 3
        text = "".join(capsys.readouterr())
        print(text)
        assert "Read-only file system" in text
    assert main(words(till, TUE)) == 0
    assert differences(content_of_files(till.home / "shop" / "warehouse"), expected) == []
