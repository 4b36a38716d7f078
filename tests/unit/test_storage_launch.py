"""Which configuration Spark is launched with, and where Delta's jars come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.storage.launch import configuration, has_delta_jars, is_launched_here

ROOT = Path(__file__).parents[2]


def test_a_configuration_beside_the_declarations_comes_first(tmp_path: Path) -> None:
    (tmp_path / "spark").mkdir()
    assert configuration(tmp_path, {"SPARK_HOME": "/opt/spark"}) == tmp_path / "spark"


def test_without_one_the_defaults_are_those_that_are_shipped(tmp_path: Path) -> None:
    assert configuration(tmp_path, {}) == ROOT / "conf" / "spark"


@pytest.mark.parametrize("name", ["SPARK_CONF_DIR", "SPARK_HOME"])
def test_a_spark_that_is_configured_elsewhere_is_left_alone(tmp_path: Path, name: str) -> None:
    assert configuration(tmp_path, {name: "/opt/spark"}) is None


@pytest.mark.parametrize(
    "name", ["PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "DATABRICKS_RUNTIME_VERSION"]
)
def test_a_spark_that_runs_already_is_not_launched(name: str) -> None:
    assert is_launched_here({})
    assert not is_launched_here({name: "1"})


def test_jars_among_spark_s_own_are_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "jars").mkdir()
    assert not has_delta_jars(tmp_path, {})
    (tmp_path / "jars" / "io.delta_delta-spark_4.2_2.13-4.4.0.jar").touch()
    assert has_delta_jars(tmp_path, {})


@pytest.mark.parametrize("arguments", ["--jars a.jar", "--packages a:b:1", "--conf spark.jars=a"])
def test_jars_that_pyspark_is_told_of_are_not_fetched(tmp_path: Path, arguments: str) -> None:
    told = {"PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell"}
    assert has_delta_jars(tmp_path, told)
