"""Install Delta's jars among Spark's own once, so that no session resolves packages."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools import environment
from tools.progress import SetupFailed, run_logged

LOCK = environment.ROOT / "conf" / "spark" / "jars.lock"
#: Dependencies of the jars that Spark has already, in its own versions.
PROVIDED = (
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

    def is_in(self, folder: Path) -> bool:
        """Whether the folder has the jar, with the hash of the lock."""
        path = folder / self.name
        return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def parse(text: str) -> list[Jar]:
    """The jars of a lock: ``sha256  group:artifact:version`` per line, ``#`` for comments."""
    rows = (line.split() for line in text.splitlines())
    return [Jar(*row) for row in rows if len(row) == 2 and not row[0].startswith("#")]


def spark_home() -> Path:
    """The folder of Spark in the environment."""
    folders = sorted((environment.VENV / "lib").glob("python3*/site-packages/pyspark"))
    if not folders:
        raise SetupFailed("No pyspark in .venv; run: make clean-env setup")
    return folders[-1]


def fetch(jars: list[Jar], folder: Path) -> None:
    """Download jars with Spark's resolver, by submitting an empty program."""
    program = folder / "nothing.py"
    folder.mkdir(exist_ok=True)
    program.write_text("")
    command = [
        *(str(spark_home() / "bin" / "spark-submit"), "--master", "local"),
        *("--packages", ",".join(jar.coordinate for jar in jars), "--exclude-packages", PROVIDED),
        *("--conf", f"spark.jars.ivy={folder}", str(program)),
    ]
    env = environment.variables() | {
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(folder),
        "PYSPARK_PYTHON": str(environment.PYTHON),
    }
    run_logged(command, log=environment.LOG, env=env, advice=ADVICE)


def install(jars: list[Jar]) -> None:
    """Add the missing jars to Spark's own, and remove their older versions."""
    target = spark_home() / "jars"
    missing = [jar for jar in jars if not jar.is_in(target)]
    if not missing:
        return
    folder = environment.VENV / "ivy"
    fetch(missing, folder)
    for jar in missing:
        if not jar.is_in(folder / "jars"):
            raise SetupFailed(f"{jar.coordinate} does not have the hash in {LOCK.name}; not used.")
        for old in target.glob(f"{jar.name.rsplit('-', 1)[0]}-[0-9]*.jar"):
            old.unlink()
        shutil.copyfile(folder / "jars" / jar.name, target / jar.name)
    shutil.rmtree(folder)
