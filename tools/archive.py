"""A class-data archive: Spark's classes as Java has them in memory, so that it starts sooner.

Java reads 15,000 classes from 280 jars at each start and first write. An archive made once saves
about 5 s of processor time of each session (of 31 s for a start, a first write, some merges and
queries of tiny tables). Java ignores an archive that does not fit its version or its jars, so
nothing depends on it: conf/spark/spark-env.sh offers it where there is one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import environment
from tools.jars import spark_home
from tools.progress import Line, SetupFailed, logged

PROGRAM = Path(__file__).with_name("warm_up.py")


def make(line: Line) -> None:
    """Record the classes that a small program loads; without success Spark starts as ever."""
    home = spark_home()
    target = home / "startup.jsa"
    folder = environment.VENV / "warm_up"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # Half an archive would crash Java: it is recorded beside its place, then moved there whole.
    recorded = folder / target.name
    # Java records no class path that holds a folder with files: the jars alone.
    shutil.copy(environment.ROOT / "conf" / "spark" / "spark-defaults.conf", folder)
    options = f"-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit='{recorded}'"
    variables = {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": str(environment.PYTHON),
        "SPARK_SUBMIT_OPTS": f"{options} -Xlog:disable -cp '{home}/jars/*'",
    }
    command = [str(home / "bin" / "spark-submit"), str(PROGRAM), str(folder)]
    try:
        env = environment.variables() | variables
        logged(command, log=environment.LOG, env=env, advice="")
        recorded.replace(target)
        line.text = f"classes recorded, {target.stat().st_size >> 20} MB"
    except (SetupFailed, OSError):
        target.unlink(missing_ok=True)
        line.text = "classes not recorded; Spark starts some seconds later"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
