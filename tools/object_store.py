"""Fetch what the tests on an object store need, into build/object-store: a local S3 server (moto)
with a Python of its own, Hadoop's S3 client, and the log store of conf/spark/s3, compiled.

``make soak`` does this first. Where it fails, these tests are skipped, and the others run.
"""

from __future__ import annotations

import sys

from tools import environment, jars
from tools.progress import SetupFailed, run_logged, step

FOLDER = environment.ROOT / "build" / "object-store"
DONE = FOLDER / "done"
SERVER = "moto[server]==5.2.5"
HADOOP_AWS = "3.5.0"  # of the Hadoop client of the pyspark version in requirements.in
AWS_SDK = "2.57.8"
MODULES = ("s3", "s3-transfer-manager", "apache-client", "url-connection-client", "sts")
#: The SDK as one jar of 600 MB, of which the modules are used parts, and what Spark has already.
EXCLUDED = "software.amazon.awssdk:bundle,org.apache.hadoop:hadoop-common,org.slf4j:*,commons-*:*"
LOG_STORE = environment.ROOT / "conf" / "spark" / "s3" / "ConditionalLogStore.java"
ADVICE = "The tests on an object store will be skipped."


def fetch() -> None:
    """Fetch everything once. Raises SetupFailed where a part of it cannot be had."""
    text = " ".join((SERVER, HADOOP_AWS, AWS_SDK, LOG_STORE.read_text()))
    if DONE.exists() and DONE.read_text() == text:
        return
    FOLDER.parent.mkdir(exist_ok=True)
    with step("Object store", "a local S3 server and Hadoop's S3 client"):
        _fetch_server()
        _fetch_client()
        _compile_log_store()
    DONE.write_text(text)


def _fetch_server() -> None:
    uv, python = str(environment.UV), str(FOLDER / "bin" / "python")
    _run([uv, "venv", "--clear", "--python", str(environment.PYTHON), str(FOLDER)])
    _run([uv, "pip", "install", "--python", python, SERVER])


def _fetch_client() -> None:
    program = FOLDER / "nothing.py"
    program.write_text("")
    modules = [f"software.amazon.awssdk:{module}:{AWS_SDK}" for module in MODULES]
    packages = ",".join([f"org.apache.hadoop:hadoop-aws:{HADOOP_AWS}", *modules])
    _run(
        [
            *(str(jars.spark_home() / "bin" / "spark-submit"), "--master", "local"),
            *("--packages", packages, "--exclude-packages", EXCLUDED),
            *("--conf", f"spark.jars.ivy={FOLDER}", str(program)),
        ]
    )


def _compile_log_store() -> None:
    classes = FOLDER / "classes"
    classpath = str(jars.spark_home() / "jars" / "*")
    _run(["javac", "-d", str(classes), "-cp", classpath, str(LOG_STORE)])
    _run(["jar", "cf", str(FOLDER / "jars" / "log-store.jar"), "-C", str(classes), "."])


def _run(command: list[str]) -> None:
    env = environment.variables() | {
        "SPARK_HOME": str(jars.spark_home()),
        "SPARK_CONF_DIR": str(FOLDER),
        "PYSPARK_PYTHON": str(environment.PYTHON),
    }
    run_logged(command, log=FOLDER.with_suffix(".log"), env=env, advice=ADVICE)


if __name__ == "__main__":
    try:
        fetch()
    except (SetupFailed, OSError) as problem:
        print(f"{ADVICE}\n{problem}", file=sys.stderr)
