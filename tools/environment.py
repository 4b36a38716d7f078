"""The Python environment: .venv with exactly the packages of requirements.lock, hashes checked."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from subprocess import DEVNULL, run

from tools.progress import SetupFailed, run_logged

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
LOG = VENV / "setup.log"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
ADVICE = "The packages could not be installed. Is the package index reachable? Then run make again."
#: Variables of other environments and Spark installations, which are removed.
FOREIGN = (
    "SPARK_HOME",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYSPARK_PYTHON",
)


def variables() -> dict[str, str]:
    """The environment variables of the set-up's commands; certificates are those of the system."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
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
    """The number of packages in the lock."""
    return len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE))


def works(python: Path) -> bool:
    """Whether this interpreter starts and is new enough."""
    if not python.exists():
        return False
    code = "import sys; sys.exit(sys.version_info < (3, 11))"
    return run([python, "-c", code], stderr=DEVNULL, check=False).returncode == 0


def make() -> None:
    """Create .venv unless it works already, and install uv into it."""
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
    run_logged(
        [*pip, "--require-hashes", "--no-deps", "-r", str(only_uv)],
        log=LOG,
        env=variables(),
        advice=ADVICE,
    )


def install() -> None:
    """Sync .venv with the lock, then install the project itself as editable."""
    python = ["--python", str(PYTHON)]
    sync = [str(UV), "pip", "sync", *python, "--require-hashes", str(LOCK)]
    itself = ["install", *python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run_logged(sync, log=LOG, env=variables(), advice=ADVICE)
    run_logged([str(UV), "pip", *itself], log=LOG, env=variables(), advice=ADVICE)
