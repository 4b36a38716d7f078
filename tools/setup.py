"""Set up the project's own .venv, once for each state of the locks.

``python3 -m tools.setup`` checks for Java, creates the environment, fetches Delta's jars and
records the start-up archive. It exits with 2 and one sentence if a requirement is missing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import run

from tools import archive, environment, jars, java, spark_commands
from tools.progress import Line, SetupFailed, step

KEY = environment.ROOT / "build" / "dev" / "privacy.key"
WRITE_KEY = "import sys, pathlib; from lakehouse.privacy.keys import write_dev_key as write; "
STAMP = environment.VENV / "setup.json"


def digest(*parts: Path | str) -> str:
    """A hash of the contents of files and of texts; a step is repeated when it changes."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return hashed.hexdigest()


def read_stamps() -> dict[str, str]:
    """The states of the steps that were done; empty where the environment does not start."""
    if not STAMP.exists() or not environment.PYTHON.exists():
        return {}
    stamps: dict[str, str] = json.loads(STAMP.read_text())
    return stamps


def once(name: str, text: str, state: str, work: Callable[[Line], None]) -> None:
    """Run a step unless it was done for this state; shows a line only if it runs."""
    if read_stamps().get(name) == state:
        return
    with step(name, text) as line:
        work(line)
    STAMP.write_text(json.dumps(read_stamps() | {name: state}, indent=1))


def make_environment(line: Line) -> None:
    """Install the packages and the project itself."""
    java.check_modules()
    environment.make()
    environment.install()
    spark_commands.install()
    line.text = f".venv, {environment.count()} packages, hashes checked"


def make_jars(line: Line) -> None:
    """Install Delta's jars."""
    wanted = jars.parse(jars.LOCK.read_text())
    jars.install(wanted)
    version = wanted[0].coordinate.rsplit(":", 1)[1]
    line.text = f"Delta {version}, {len(wanted)} jars, hashes checked"


def write_key() -> None:
    """Write the key of the dev environment's tokens, unless it exists."""
    if not KEY.exists():
        code = WRITE_KEY + "write(pathlib.Path(sys.argv[1]))"
        run([environment.PYTHON, "-c", code, KEY], env=environment.variables(), check=True)


def set_up() -> None:
    """Run all steps in order; a step whose inputs are unchanged is skipped."""
    banner = java.check()
    packages = digest(environment.LOCK, str(environment.ROOT))
    project = digest(environment.ROOT / "pyproject.toml", packages)
    with_jars = digest(jars.LOCK, packages)
    recorded = digest(archive.PROGRAM, banner, with_jars)
    once("environment", "installing packages (some hundred MB)", project, make_environment)
    once("jars", "fetching Delta", with_jars, make_jars)
    once("start-up", "recording Spark's classes", recorded, archive.make)
    write_key()


def main() -> int:
    """Set up, one process at a time; returns the exit code."""
    with environment.LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            set_up()
        except SetupFailed as failure:
            print(failure, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
