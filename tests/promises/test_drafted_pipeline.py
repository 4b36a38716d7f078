"""What ``lakehouse init`` drafts runs at once, and types and protects as it says."""

from __future__ import annotations

import shutil

import pytest
from made_up_files import DAYS, PEOPLE, STREETS, email, write_folder
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T
from shop import CONF, Shop

from lakehouse.cli.main import main
from lakehouse.drafting.scalar_types import scalar_type
from lakehouse.sources.casting import cast_scalar

STEPS = ("ingest", "refine", "aggregate")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str) -> Shop:
    """The warehouse of a drafted pipeline after its first run."""
    home = tmp_path_factory.mktemp("drafted")
    conf, landing = home / "conf", write_folder(home / "landing")
    conf.mkdir()
    for name in ("base.yml", "test.yml", "privacy.yml"):
        shutil.copy(CONF / name, conf / name)
    place = ["--conf-dir", str(conf), "--env", "test"]
    assert main(["init", "drafted", "--from", str(landing), *place]) == 0
    assert main(["validate", "--pipeline", "drafted", *place]) == 0
    shop = Shop(spark, landing, home / "warehouse", "drafted", conf)
    shop.run(DAYS[-1], steps=STEPS)
    return shop


def test_every_row_of_every_file_passes(shop: Shop) -> None:
    runs = {run["table"]: (run["status"], run["rows_written"], run["rows_quarantined"])
            for run in shop.runs("true")}  # fmt: skip
    assert runs == {
        "bronze.customers": ("passed", 60, 0), "silver.customers": ("passed", 60, 0),
        "bronze.orders": ("passed", 80, 0), "silver.orders": ("passed", 80, 0),
        "bronze.prices": ("passed", 5, 0), "silver.prices": ("passed", 5, 0),
        "gold.daily_orders": ("passed", 6, 0),
    }  # fmt: skip


def test_values_arrive_with_their_types(shop: Shop) -> None:
    customer = min(shop.rows("silver.customers", "last_seen", "balance", "segment", "plz"), key=str)
    assert list(map(str, customer)) == ["2025-12-01", "0.0500", "basic", "00"]
    totals = shop.rows("gold.daily_orders", "day", "status", "row_count", "total_amount")
    assert sum(row[2] for row in totals) == 80
    assert sum(row[3] for row in totals) == 2 * sum(number + 0.5 for number in range(40))


def test_personal_data_is_treated_as_the_draft_says(shop: Shop) -> None:
    seen = "".join(
        str(sorted(rows, key=str))
        for name, rows in shop.everything("silver", "gold", "quarantine").items()
    )
    secrets = [*STREETS, *map(email, range(60)), "C00001", "10.0.0."]
    assert [secret for secret in secrets if secret in seen] == []
    assert "full_name" not in shop.read("silver.customers").columns
    # Scrubbing replaces numbers and addresses; names in free text stay, as its page says.
    assert any(name in seen for name in PEOPLE)


TEXTS = (
    ["0", "-7", "+3"], ["1.5", "-.25", "100"], ["1e3", "2.5E-3"], ["true", "FALSE", " true "],
    ["2026-01-31", "2024-02-29T00:00:00.0"], ["2026-01-31 1:05", "2026-01-31T10:15:00.123Z"],
    ["2026-01-31T10:15:00+01:00", "2026-01-31"], ["999999999999999999"], ["0.00000001"],
    [" 12 ", "12"], [" 2026-01-31 "],
)  # fmt: skip


def test_the_casts_of_the_library_lose_none_of_the_values(spark: SparkSession) -> None:
    rows = [(scalar_type(texts), text) for texts in TEXTS for text in texts]
    assert "string" not in {kind for kind, _ in rows}
    frame = spark.createDataFrame(rows, "kind string, text string")
    fits = F.lit(False)
    for kind in {kind for kind, _ in rows}:
        of = T.DataType.fromDDL(kind)
        fits = fits | ((F.col("kind") == kind) & cast_scalar(F.col("text"), of, {}).isNotNull())
    assert frame.where(~fits).collect() == []
