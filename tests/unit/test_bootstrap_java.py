"""Which Java versions are accepted, and the message for all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import java
from tools.progress import SetupFailed


def lay_java(folder: Path, banner: str) -> None:
    """Create a java that prints a banner."""
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho '{banner}' >&2\n")
    program.chmod(0o755)


@pytest.fixture
def only_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with one empty folder and no JAVA_HOME."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_402"', 8),
        ("The operation couldn't be completed.", None),
    ],
)
def test_the_major_version_is_read(banner: str, version: int | None) -> None:
    assert java.major(banner) == version


def test_no_java_is_one_sentence(only_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"^There is no Java on PATH: install a JDK .*\.$"):
        java.check()


def test_an_old_java_is_one_sentence(only_path: Path) -> None:
    lay_java(only_path, 'openjdk version "11.0.2" 2019-01-15')

    with pytest.raises(SetupFailed, match=r"^Java 11 is too old for Spark: install a JDK .*\.$"):
        java.check()


def test_a_new_java_is_fine(only_path: Path) -> None:
    lay_java(only_path, 'openjdk version "21.0.1" 2023-10-17')

    assert java.check() == 'openjdk version "21.0.1" 2023-10-17\n'


def test_java_home_comes_before_path(only_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_java(only_path, 'openjdk version "21.0.1" 2023-10-17')
    monkeypatch.setenv("JAVA_HOME", "/nowhere")

    with pytest.raises(SetupFailed, match=r"^There is no Java in JAVA_HOME"):
        java.check()
