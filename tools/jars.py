"""Delta's jars, put once among Spark's own, so that no start of Spark resolves packages."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools import environment
from tools.progress import SetupFailed, logged

LOCK = environment.ROOT / "conf" / "spark" / "jars.lock"
#: All else that the jars ask for is in Spark already, in Spark's own versions.
NOT_OURS = (
    "com.*:*,commons-*:*,io.airlift:*,io.unitycatalog:*,javax.*:*,org.apache.*:*,"
    "org.locationtech.jts:*,org.roaringbitmap:*,org.slf4j:*,org.xerial.snappy:*"
)
ADVICE = "Delta's jars could not be fetched. Is Maven Central reachable? Then run make again."


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    sha256: str
    coordinate: str

    @property
    def name(self) -> str:
        """The name of the file as Spark's resolver writes it."""
        group, artifact, version = self.coordinate.split(":")
        return f"{group}_{artifact}-{version}.jar"

    def lies_in(self, folder: Path) -> bool:
        """Is the jar there, and is it the one that the lock means?"""
        path = folder / self.name
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def parse(text: str) -> list[Jar]:
    """The jars of a lock: ``sha256  group:artifact:version`` a line, ``#`` for comments."""
    rows = (line.split() for line in text.splitlines())
    return [Jar(*row) for row in rows if len(row) == 2 and not row[0].startswith("#")]


def spark_home() -> Path:
    """Where Spark lies in the environment."""
    found = sorted((environment.VENV / "lib").glob("python3*/site-packages/pyspark"))
    if not found:
        raise SetupFailed("There is no pyspark in .venv; run: make clean-env setup")
    return found[-1]


def fetch(jars: list[Jar], folder: Path) -> None:
    """Fetch jars by Spark's own resolver, with a program that starts no session."""
    program = folder / "nothing.py"
    folder.mkdir(exist_ok=True)
    program.write_text("")
    command = [
        *(str(spark_home() / "bin" / "spark-submit"), "--master", "local"),
        *("--packages", ",".join(jar.coordinate for jar in jars), "--exclude-packages", NOT_OURS),
        *("--conf", f"spark.jars.ivy={folder}", str(program)),
    ]
    env = environment.variables() | {
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(folder),
        "PYSPARK_PYTHON": str(environment.PYTHON),
    }
    logged(command, log=environment.LOG, env=env, advice=ADVICE)


def install(jars: list[Jar]) -> None:
    """Put the jars that are missing beside Spark's own, and take older ones of the same away."""
    target = spark_home() / "jars"
    missing = [jar for jar in jars if not jar.lies_in(target)]
    if not missing:
        return
    folder = environment.VENV / "ivy"
    fetch(missing, folder)
    for jar in missing:
        if not jar.lies_in(folder / "jars"):
            raise SetupFailed(f"{jar.coordinate} is not the jar that {LOCK.name} means; not used.")
        for old in target.glob(f"{jar.name.rsplit('-', 1)[0]}-[0-9]*.jar"):
            old.unlink()
        shutil.copyfile(folder / "jars" / jar.name, target / jar.name)
    shutil.rmtree(folder)
