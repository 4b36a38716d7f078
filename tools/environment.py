"""The Python environment: .venv with exactly what requirements.lock says, hashes checked."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from subprocess import DEVNULL, run

from tools.progress import SetupFailed, logged

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
LOG = VENV / "setup.log"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
ADVICE = "The packages could not be installed. Is the package index reachable? Then run make again."
#: Left by other environments and other Sparks; each would lead ours astray.
ASTRAY = ("SPARK_HOME", "PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYSPARK_PYTHON")


def variables() -> dict[str, str]:
    """The process environment for set-up's commands: certificates are those of the system."""
    kept = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    kept.setdefault("UV_SYSTEM_CERTS", "true")
    if "PIP_INDEX_URL" in kept:
        kept.setdefault("UV_DEFAULT_INDEX", kept["PIP_INDEX_URL"])
    return kept


def pinned(lock: str, package: str) -> str:
    """The lines of one package in a lock: its pin and its hashes."""
    block = re.search(rf"^{re.escape(package)}==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    if not block:
        raise SetupFailed(f"requirements.lock has no {package}; run: make lock")
    return block.group()


def count() -> int:
    """How many packages the lock names."""
    return len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE))


def works(python: Path) -> bool:
    """Does this interpreter start, and is it new enough?"""
    if not python.exists():
        return False
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    return run([python, "-c", code], stderr=DEVNULL, check=False).returncode == 0


def make() -> None:
    """Make .venv where there is none that works, and put uv into it."""
    fresh = not works(PYTHON)
    if not fresh and UV.exists():
        return
    VENV.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "venv", *(["--clear"] if fresh else []), str(VENV)]
    done = run(command, capture_output=True, text=True, env=variables(), check=False)
    if done.returncode:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise SetupFailed(f"This Python cannot make environments: install {package}.")
    only_uv = VENV / "uv.lock"
    only_uv.write_text(pinned(LOCK.read_text(), "uv"))
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    logged(
        [*pip, "--require-hashes", "--no-deps", "-r", str(only_uv)],
        log=LOG,
        env=variables(),
        advice=ADVICE,
    )


def install() -> None:
    """Bring .venv to what the lock says, then the project itself as it lies here."""
    python = ["--python", str(PYTHON)]
    sync = [str(UV), "pip", "sync", *python, "--require-hashes", str(LOCK)]
    itself = ["install", *python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    logged(sync, log=LOG, env=variables(), advice=ADVICE)
    logged([str(UV), "pip", *itself], log=LOG, env=variables(), advice=ADVICE)
