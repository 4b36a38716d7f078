"""A class data sharing (CDS) archive of Spark's classes, with which Java starts faster.

Java reads 15,000 classes from 280 jars for the start and the first write of a session. The archive
saves about 5 s of processor time per session (of 31 s for the start, a first write, some merges and
queries of tiny tables). Java ignores an archive that does not match its version or its jars, so the
archive is optional: conf/spark/spark-env.sh uses it if it exists.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tools import environment
from tools.jars import spark_home
from tools.progress import Line, SetupFailed, run_logged

PROGRAM = Path(__file__).with_name("warm_up.py")


def make(line: Line) -> None:
    """Record the classes that a small program loads; on failure Spark starts without an archive."""
    home = spark_home()
    target = home / "startup.jsa"
    folder = environment.VENV / "warm_up"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # A partial archive would crash Java, so it is recorded elsewhere and then moved.
    recorded = folder / target.name
    # The class path may hold jars only: Java does not record one with a non-empty folder.
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
        run_logged(command, log=environment.LOG, env=env, advice="")
        recorded.replace(target)
        line.text = f"classes recorded, {target.stat().st_size >> 20} MB"
    except (SetupFailed, OSError):
        target.unlink(missing_ok=True)
        line.text = "classes not recorded; Spark starts a few seconds slower"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
