"""The wheel in an empty environment runs a pipeline that is declared outside this repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from subprocess import CompletedProcess, run

import pyspark
import pytest
from deltalake import DeltaTable
from installed import ROOT, build_wheel, install

pytestmark = [pytest.mark.slow, pytest.mark.spark]
FILES = {
    "conf/base.yml": "privacy_key: ${env:TILL_KEY}\n",
    "conf/dev.yml": "landing: sales\nwarehouse: tables\n",
    "conf/privacy.yml": "customer: {token: person}\nnone: keep\n",
    "conf/pipelines/till/pipeline.yml": "description: What sells\nowner: till@example.com\n",
    "conf/pipelines/till/bronze/sales.yml": """\
table: bronze.sales
description: Sales as the till exports them.
source: {kind: files, format: csv, path: "{landing}/{date}.csv"}
columns:
  sale: {type: string, pii: none}
  customer: {type: string, pii: customer}
  amount: {type: "decimal(12,2)", pii: none}
  day: {type: date, pii: none}
""",
    "conf/pipelines/till/silver/sales.yml": """\
table: silver.sales
description: Sales, one row each.
source: bronze.sales
write: append
keys: [sale]
""",
    "conf/pipelines/till/silver/sales.sql": "SELECT sale, customer, amount, day FROM bronze.sales",
    "conf/pipelines/till/gold/daily_sales.yml": """\
table: gold.daily_sales
description: Sales by day.
source: silver.sales
write: replace_keys
keys: [day]
""",
    "conf/pipelines/till/gold/daily_sales.sql": """\
SELECT day, count(*) AS sales, CAST(sum(amount) AS DECIMAL(18, 2)) AS revenue
FROM silver.sales GROUP BY day
""",
    "sales/2026-01-05.csv": """\
sale,customer,amount,day
1,C1,4.50,2026-01-05
2,C2,3.25,2026-01-05
""",
    "sales/2026-01-06.csv": """\
sale,customer,amount,day
3,C1,6.00,2026-01-06
""",
}
OWN_SPARK = """\
spark.master                     local[2]
spark.sql.extensions             io.delta.sql.DeltaSparkSessionExtension
spark.sql.catalog.spark_catalog  org.apache.spark.sql.delta.catalog.DeltaCatalog
spark.sql.shuffle.partitions     2
spark.ui.enabled                 false
spark.databricks.delta.snapshotPartitions  2
"""
"""A configuration of one's own, as Delta's quick start has it, but for the size of the test; the
jars are added by the test."""
JAVA = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Java for small data: the first name is that of the shipped configuration, the second Spark's."""
JAVA_OPTIONS = {"LAKEHOUSE_JAVA_OPTIONS": JAVA, "SPARK_SUBMIT_OPTS": JAVA}


@dataclass(frozen=True)
class Installed:
    """A folder of declarations, and an environment with the installed wheel."""

    home: Path
    python: Path

    def run(self, *words: str, **variables: str) -> CompletedProcess[str]:
        """A program of the environment in the folder; of the variables of this process only PATH
        and what Java needs."""
        kept = {name: os.environ[name] for name in ("PATH", "JAVA_HOME") if name in os.environ}
        kept |= JAVA_OPTIONS
        command = [str(self.python.with_name(words[0])), *words[1:]]
        environment = kept | {"HOME": str(self.home), "TILL_KEY": "k" * 40} | variables
        return run(
            command, cwd=self.home, env=environment, capture_output=True, text=True, check=False
        )

    def lakehouse(self, day: str, **variables: str) -> CompletedProcess[str]:
        """Run ``lakehouse run`` for a day."""
        place = ["--pipeline", "till", "--conf-dir", str(self.home / "conf")]
        return self.run("lakehouse", "run", *place, "--date", day, **variables)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    home = tmp_path_factory.mktemp("till")
    for name, text in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return Installed(home, install(build_wheel(home / "dist"), home / "environment", extra="spark"))


@pytest.fixture(scope="module")
def spark_without_delta(installed: Installed) -> Path:
    """A Spark as pip installs it: set-up has put Delta's jars among those of this environment."""
    spark, bare = Path(pyspark.__file__).parent, installed.home / "spark"
    (bare / "jars").mkdir(parents=True)
    for entry in spark.iterdir():
        if entry.name not in ("jars", "startup.jsa"):
            (bare / entry.name).symlink_to(entry)
    for jar in (spark / "jars").iterdir():
        if not jar.name.startswith("io.delta"):
            (bare / "jars" / jar.name).symlink_to(jar)
    return bare


def test_the_environment_holds_the_wheel_and_its_requirements_alone(installed: Installed) -> None:
    code = "import lakehouse; print(lakehouse.__file__)"
    place = Path(installed.run("python", "-c", code).stdout.strip())
    assert place.is_relative_to(installed.home)
    assert not place.is_relative_to(ROOT)
    for absent in ("pytest", "polars", "lakehouse.demo"):
        assert "ModuleNotFoundError" in installed.run("python", "-c", f"import {absent}").stderr


def test_generate_says_that_the_wheel_has_no_generator(installed: Installed) -> None:
    done = installed.run("lakehouse", "generate", "--env", "dev")
    assert done.returncode == 2
    assert "the generator of retail is not part of the wheel" in done.stderr


def test_days_are_run_with_the_shipped_and_with_an_own_configuration(
    installed: Installed, spark_without_delta: Path
) -> None:
    shipped = installed.lakehouse("2026-01-05")
    assert shipped.returncode == 0, shipped.stderr
    assert "log4j" not in shipped.stderr.lower()  # the shipped properties keep Spark silent

    own = installed.home / "conf" / "spark" / "spark-defaults.conf"
    own.parent.mkdir()
    jars = ",".join(map(str, (Path(pyspark.__file__).parent / "jars").glob("io.delta*")))
    own.write_text(f"{OWN_SPARK}spark.jars {jars}\n")
    named = installed.lakehouse("2026-01-06", SPARK_HOME=str(spark_without_delta))
    assert named.returncode == 0, named.stderr

    gold = DeltaTable(str(installed.home / "tables" / "gold" / "daily_sales")).to_pyarrow_table()
    rows = sorted(gold.select(["day", "sales", "revenue"]).to_pylist(), key=lambda row: row["day"])
    assert [(str(row["day"]), row["sales"], row["revenue"]) for row in rows] == [
        ("2026-01-05", 2, Decimal("7.75")),
        ("2026-01-06", 1, Decimal("6.00")),
    ]


def test_a_spark_without_delta_is_refused_with_what_to_set(
    installed: Installed, spark_without_delta: Path
) -> None:
    empty = installed.home / "no_configuration"
    empty.mkdir()
    done = installed.lakehouse(
        "2026-01-06", SPARK_HOME=str(spark_without_delta), SPARK_CONF_DIR=str(empty)
    )
    assert done.returncode == 3
    assert "Spark started without Delta" in done.stderr
    assert "spark.jars.packages" in done.stderr
