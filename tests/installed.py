"""The wheel of this project, and an environment that holds it and what it requires: no more."""

from __future__ import annotations

import shutil
import sys
from importlib import metadata
from pathlib import Path
from subprocess import run

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
DISTRIBUTION = "medallion-lakehouse"


def build_wheel(folder: Path) -> Path:
    """Build the wheel with the locked hatchling, without the network."""
    build = ["build", "--wheel", "--offline", "--no-build-isolation", "--out-dir", str(folder)]
    _uv(*build, "--python", sys.executable, str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, home: Path, *, extra: str) -> Path:
    """An environment at ``home`` with the wheel and what its extra requires; its Python.

    The requirements, and theirs in turn, are links to the versions of the lock that the tests
    themselves run on: nothing that the wheel's metadata leaves out can be imported.
    """
    _uv("venv", "--offline", "--python", sys.executable, str(home))
    python = home / "bin" / "python"
    _uv("pip", "install", "--offline", "--no-deps", "--python", str(python), str(wheel))
    (site,) = (home / "lib").glob("python3*/site-packages")
    installed = next(iter(metadata.distributions(name=DISTRIBUTION, path=[str(site)])))
    for name in sorted(_required(installed.requires or [], extra)):
        _link(metadata.distribution(name), site)
    _uv("pip", "check", "--offline", "--python", str(python))
    return python


def _required(requirements: list[str], extra: str = "") -> set[str]:
    """The names of all distributions that the requirements bring in, directly or indirectly."""
    names: set[str] = set()
    waiting = [(Requirement(text), extra) for text in requirements]
    while waiting:
        wanted, asked = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": asked}):
            continue
        for part in ("", *wanted.extras):
            if (key := f"{canonicalize_name(wanted.name)}[{part}]") not in names:
                names.add(key)
                needs = metadata.distribution(wanted.name).requires or []
                waiting += [(Requirement(text), part) for text in needs]
    return {key.partition("[")[0] for key in names}


def _link(distribution: metadata.Distribution, site: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    for top in tops:
        source = Path(str(distribution.locate_file(top)))
        if top.endswith(".dist-info"):
            shutil.copytree(source, site / top)  # uv reads no metadata behind a link
        elif not (site / top).exists():
            (site / top).symlink_to(source)


def _uv(*words: str) -> None:
    done = run([find_uv_bin(), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
