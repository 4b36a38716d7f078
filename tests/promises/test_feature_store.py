"""``ops.feature_store`` describes every feature, and a model uses those that it may."""

from __future__ import annotations

from pathlib import Path

import club as c
import pytest
import till as t
from club import DAYS
from pyspark.sql import SparkSession
from till import Till

from lakehouse.cli.main import main

pytestmark = pytest.mark.usefixtures("privacy_key")
DAY = str(DAYS[5])
COLUMNS = """columns:
  visits: {description: Visits so far.}
  spent: {owner: money@example.com, status: deprecated}
  note: {status: draft}
"""


def declare_features(till: Till, sql: str = c.FEATURES, columns: str = COLUMNS) -> None:
    till.features("member_features", sql, "source: silver.members\nkeys: [member]\n"
                  f"lookups: [silver.visits, silver.notes]\n{columns}".rstrip())  # fmt: skip


def stored(till: Till, spark: SparkSession, *columns: str) -> dict[str, tuple[object, ...]]:
    rows = t.read(till, spark, "ops.feature_store").collect()
    return {row["feature"]: tuple(row[name] for name in columns) for row in rows}


def commits(till: Till, spark: SparkSession) -> int:
    return len(till.shop(spark).opened().context.tables.commits("ops.feature_store"))


def test_every_feature_is_described(spark: SparkSession, tmp_path: Path) -> None:
    till = c.declare(tmp_path)
    declare_features(till)
    till.declare("model.yml", c.with_features("features: {table: gold.member_features}\n"))
    c.land(till, c.random_club(40))
    lake = till.shop(spark).opened()
    lake.run("run", start=str(DAYS[0]), end=DAY, steps=["ingest", "refine", "features"])
    told = stored(till, spark, "description", "owner", "status", "type", "entity", "table")
    owner, entity = "tests@example.com", ("member", "gold.member_features")
    assert told == {
        "tier": (None, owner, "active", "string", *entity),
        "visits": ("Visits so far.", owner, "active", "bigint", *entity),
        "spent": (None, "money@example.com", "deprecated", "bigint", *entity),
        "note": (None, owner, "draft", "int", *entity),
    }
    features = t.read(till, spark, "gold.member_features")
    rows = features.count()
    measured = stored(till, spark, "rows", "null_share", "first_day", "last_day", "sql")
    missing = features.where("spent IS NULL").count() / rows
    first = features.agg({"as_of": "min"}).first()
    assert first is not None
    assert measured["spent"] == (rows, missing, first[0], DAYS[5], "sum(v.amount)")
    assert measured["note"][1] == 1.0
    assert set(lake.training_frame().columns) == {"member", "as_of", "tier", "visits", "comes"}
    # Another day changes no definition.
    before = stored(till, spark, "definition")
    assert commits(till, spark) == 1
    t.run(till, spark, str(DAYS[6]), steps=["features"])
    assert commits(till, spark) == 1
    declare_features(till, c.FEATURES.replace("sum(v.amount)", "2 * sum(v.amount)"))
    t.run(till, spark, str(DAYS[7]), steps=["features"])
    assert commits(till, spark) == 2
    assert stored(till, spark, "definition") != before


def test_a_model_may_not_name_a_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    till = c.declare(tmp_path)
    words = ["validate", "--pipeline", "tiny", "--conf-dir", str(till.conf), "--env", "test"]
    named = "features:\n  table: gold.member_features\n  columns:\n    - visits\n    - note\n"
    declare_features(till)
    till.declare("model.yml", c.with_features(named))
    assert main(words) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "model.yml:9: the feature 'note' is a draft" in shown
    declare_features(till, columns="columns:\n  vists: {status: draft}\n")
    assert main(words) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert "columns: gold.member_features has no column 'vists'; did you mean 'visits'?" in shown
    assert "member_features.yml:7" in shown
