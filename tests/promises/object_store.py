"""A local S3 server, and Spark's arguments to use it. See ``tools/object_store.py``."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tools.object_store import DONE, FOLDER

BUCKET = "lake"
SERVER = Path(__file__).with_name("object_store_server.py")


def is_there() -> bool:
    """Whether the server and the client have been fetched."""
    return DONE.exists()


@contextmanager
def running(log: Path) -> Iterator[str]:
    """The address of a server with an empty bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [FOLDER / "bin" / "python", SERVER, str(port)]
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out)
    address = f"http://127.0.0.1:{port}"
    try:
        _create_bucket(f"{address}/{BUCKET}")
        yield address
    finally:
        server.kill()
        server.wait()


def spark_arguments(address: str) -> str:
    """PYSPARK_SUBMIT_ARGS of a session whose tables are on this server."""
    jars = ",".join(str(jar) for jar in sorted((FOLDER / "jars").glob("*.jar")))
    s3a = {
        "endpoint": address,
        "endpoint.region": "us-east-1",
        "access.key": "test",
        "secret.key": "test",
        "path.style.access": "true",
        "connection.ssl.enabled": "false",
    }
    settings = {f"spark.hadoop.fs.s3a.{name}": value for name, value in s3a.items()}
    settings["spark.delta.logStore.s3a.impl"] = "lakehouse.ConditionalLogStore"
    given = [f"--conf {name}={value}" for name, value in settings.items()]
    return " ".join([f"--jars {jars}", *given, "pyspark-shell"])


def _create_bucket(url: str, attempts: int = 60) -> None:
    for _ in range(attempts):
        try:
            with urlopen(Request(url, method="PUT")):  # noqa: S310
                return
        except URLError:
            time.sleep(0.5)
    raise TimeoutError(url)
