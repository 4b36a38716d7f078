"""Check that there is a Java on which Spark can run."""

from __future__ import annotations

import os
import re
import shutil
from subprocess import PIPE, STDOUT, run

from tools.progress import SetupFailed

OLDEST = 17
ADVICE = (
    f"install a JDK of version {OLDEST} or newer (Debian and Ubuntu: openjdk-17-jdk-headless; "
    "macOS: brew install openjdk@17) or point JAVA_HOME at one."
)


def major(banner: str) -> int | None:
    """The major version in the output of ``java -version``; None where it has none.

    >>> major('openjdk version "17.0.15" 2025-04-15'), major('java version "1.8.0_402"')
    (17, 8)
    """
    match = re.search(r'version "(\d+)(?:\.(\d+))?', banner)
    if not match:
        return None
    first, second = match.groups()
    return int(second) if first == "1" and second else int(first)


def find() -> str | None:
    """The java that Spark will use: JAVA_HOME's, else the first on PATH."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin" if home else None)


def output_of(java: str, option: str) -> str:
    """The output of ``java`` with an option; empty where it does not start."""
    try:
        done = run([java, option], stdout=PIPE, stderr=STDOUT, text=True, check=False)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def check() -> str:
    """Java's banner. Raises SetupFailed with one sentence when it is missing or too old."""
    java = find()
    if not java:
        place = "in JAVA_HOME" if os.environ.get("JAVA_HOME") else "on PATH"
        raise SetupFailed(f"There is no Java {place}: {ADVICE}")
    banner = output_of(java, "-version")
    version = major(banner)
    if version is None:
        raise SetupFailed(f"The installed Java does not start: {ADVICE}")
    if version < OLDEST:
        raise SetupFailed(f"Java {version} is too old for Spark: {ADVICE}")
    return banner


def check_modules() -> None:
    """Raises SetupFailed for a trimmed runtime, which lacks a module that Spark asks for."""
    modules = output_of(find() or "java", "--list-modules")
    if "jdk.incubator.vector" not in modules:
        raise SetupFailed(f"This Java is a trimmed runtime without jdk.incubator.vector: {ADVICE}")
