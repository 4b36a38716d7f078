"""Installed packages and jars are pinned with hashes, and no index is named."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tools import environment, jars
from tools.progress import SetupFailed

LOCK = environment.LOCK.read_text()
TWO = """\
uv==1.0 \\
    --hash=sha256:aa
    # via -r requirements.in
uvicorn==2.0 \\
    --hash=sha256:bb
"""


def blocks() -> dict[str, str]:
    """The lock, package by package."""
    names = re.findall(r"^(\S+)==", LOCK, re.MULTILINE)
    return {name: environment.pinned(LOCK, name) for name in names}


def test_every_package_has_a_hash() -> None:
    assert [name for name, block in blocks().items() if "--hash=sha256:" not in block] == []


def test_the_lock_names_no_index() -> None:
    assert re.search(r"://|--index|--extra-index|--find-links", LOCK) is None


def test_every_requirement_is_in_the_lock() -> None:
    text = (environment.ROOT / "requirements.in").read_text()
    wishes = re.findall(r"^([A-Za-z][\w-]*)", text, re.MULTILINE)
    assert {wish.lower() for wish in wishes} - blocks().keys() == set()


def test_the_jars_are_of_the_package_s_version() -> None:
    package = re.search(r"^delta-spark==(\S+)", LOCK, re.MULTILINE)
    versions = {jar.coordinate.rsplit(":", 1)[1] for jar in jars.parse(jars.LOCK.read_text())}
    assert package is not None
    assert versions == {package.group(1)}


def test_a_package_is_cut_out_of_a_lock() -> None:
    assert environment.pinned(TWO, "uv") == TWO[: TWO.index("uvicorn")]


def test_a_package_that_is_not_locked_is_refused() -> None:
    with pytest.raises(SetupFailed, match=r"requirements\.lock has no pip; run: make lock"):
        environment.pinned(TWO, "pip")


def test_a_jar_with_other_content_is_not_the_jar(tmp_path: Path) -> None:
    jar = jars.Jar(hashlib.sha256(b"as locked").hexdigest(), "io.delta:delta-storage:4.4.0")
    (tmp_path / "io.delta_delta-storage-4.4.0.jar").write_bytes(b"as locked")
    assert jar.is_in(tmp_path)

    (tmp_path / "io.delta_delta-storage-4.4.0.jar").write_bytes(b"another")
    assert not jar.is_in(tmp_path)


def test_a_missing_jar_is_not_found(tmp_path: Path) -> None:
    assert not jars.Jar("00", "io.delta:delta-storage:4.4.0").is_in(tmp_path)
