"""spark-submit without flags or an activated environment prints only the output of the job."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from subprocess import CompletedProcess, run

import pytest

from tools import environment

SPARK_ENV = environment.ROOT / "conf" / "spark" / "spark-env.sh"
BIN = Path(sys.executable).parent


def sourced(home: Path, show: str, *arguments: str, **variables: str) -> str:
    """The value of a variable after conf/spark/spark-env.sh was sourced with a SPARK_HOME."""
    script = f'. "{SPARK_ENV}"; printf %s "${show}"'
    place = {"PATH": os.environ["PATH"], "SPARK_HOME": str(home), "SPARK_CONF_DIR": "conf"}
    command = ["bash", "-c", script, "spark-class", *arguments]
    return run(command, env=place | variables, capture_output=True, text=True, check=True).stdout


def home_with_archive(tmp_path: Path) -> Path:
    """A SPARK_HOME with a class data archive."""
    (tmp_path / "startup.jsa").touch()
    return tmp_path


def submit(job: Path, *arguments: str, **variables: str) -> CompletedProcess[str]:
    """Submit a job with the environment's spark-submit, which is not on PATH."""
    known = {name: os.environ[name] for name in ("HOME", "JAVA_HOME") if name in os.environ}
    path = ":".join(p for p in os.environ["PATH"].split(":") if Path(p) != BIN)
    env = {**known, "PATH": path, "SPARK_CONF_DIR": str(SPARK_ENV.parent), **variables}
    command = [str(BIN / "spark-submit"), str(job), *arguments]
    return run(command, env=env, capture_output=True, text=True, check=False)


def test_python_is_that_of_spark_s_environment(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.touch(mode=0o755)
    home = tmp_path / "lib" / "python3.11" / "site-packages" / "pyspark"

    assert sourced(home, "PYSPARK_PYTHON") == str(python)
    assert sourced(home, "PYSPARK_PYTHON", PYSPARK_PYTHON="/my/python") == "/my/python"


def test_java_options_can_be_chosen(tmp_path: Path) -> None:
    chosen = sourced(tmp_path, "SPARK_SUBMIT_OPTS", LAKEHOUSE_JAVA_OPTIONS="-XX:+UseSerialGC")

    assert "-XX:+UseParallelGC" in sourced(tmp_path, "SPARK_SUBMIT_OPTS")
    assert "-XX:+UseSerialGC" in chosen
    assert "-XX:+UseParallelGC" not in chosen


def test_recorded_classes_are_offered(tmp_path: Path) -> None:
    assert "SharedArchiveFile" not in sourced(tmp_path, "SPARK_SUBMIT_OPTS")
    assert "SharedArchiveFile" in sourced(home_with_archive(tmp_path), "SPARK_SUBMIT_OPTS")


def test_a_class_path_of_one_s_own_is_kept(tmp_path: Path) -> None:
    home = home_with_archive(tmp_path)

    assert " -cp " not in sourced(home, "SPARK_SUBMIT_OPTS", "--driver-class-path", "mine.jar")
    assert " -cp " not in sourced(
        home, "SPARK_SUBMIT_OPTS", "--conf", "spark.driver.extraClassPath=mine.jar"
    )


@pytest.mark.slow
def test_a_bare_submit_runs_in_the_environment_and_says_nothing_else(tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text("import sys\nprint(sys.prefix, sys.argv[1])\nsys.exit(int(sys.argv[1]))\n")

    done = submit(job, "2", SPARK_HOME="")

    assert (done.returncode, done.stdout, done.stderr) == (2, f"{sys.prefix} 2\n", "")
