"""Reading the warehouse for the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.config.declarations import GoldTable, PipelineInfo
from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.pipeline import load_pipeline
from lakehouse.ml.run_summary import RunSummary
from lakehouse.quality.rules import Rule, Suite
from lakehouse.reporting import collect_gold
from lakehouse.reporting.collect import collect, rule_results, run_rows
from lakehouse.reporting.collect_gold import gold_table, scores
from lakehouse.reporting.collect_quarantine import quarantine_reasons
from lakehouse.reporting.data import Interval, QuarantineReason
from lakehouse.reporting.model_card import model_card
from lakehouse.reporting.page import render
from lakehouse.storage.records import SCHEMA

DAY = date(2026, 6, 28)


ROOT = Path(__file__).parents[2]


@dataclass
class Reader:
    """Tables by name."""

    tables: dict[str, DataFrame]

    def read(self, table: str) -> DataFrame:
        return self.tables[table]

    def exists(self, table: str) -> bool:
        return table in self.tables


def _declared(tmp_path: Path, sql: str, keys: list[str]) -> GoldTable:
    shape = tmp_path / "sales.sql"
    shape.write_text(sql, encoding="utf-8")
    return GoldTable(
        table="gold.sales", description="Sales.", source="silver.orders", write="replace_keys",
        keys=keys, file=tmp_path / "sales.yml", shape=shape,
        info=PipelineInfo(description="Shops.", owner="shop@mail.example"),
    )  # fmt: skip


SQL = "SELECT week, shop, sum(amount) AS gross FROM silver.orders GROUP BY week, shop"


def _sales(spark: SparkSession) -> DataFrame:
    rows = [
        (date(2026, 6, week), shop, Decimal(f"{amount * week}.10"))
        for week in (1, 8, 15)
        for shop, amount in (("a", 1), ("b", 30), (None, 200), ("d", 4))
    ]
    return spark.createDataFrame(rows, "week date, shop string, gross decimal(18,2)")


def test_a_small_gold_table_is_fetched_whole_and_its_shape_told(
    spark: SparkSession, tmp_path: Path
) -> None:
    found = gold_table(_sales(spark), _declared(tmp_path, SQL, ["shop", "week"]))
    assert (found.time, found.keys, found.groups, found.rows) == ("week", ("shop", "week"), 4, 12)
    assert found.summable == {"gross"}
    assert sum(found.frame["gross"]) == Decimal("5641.20")


def test_a_big_gold_table_is_cut_to_the_largest_groups_and_keeps_its_totals(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect_gold, "SMALL", 3)
    monkeypatch.setattr(collect_gold, "MOST_GROUPS", 2)
    monkeypatch.setattr(collect_gold, "MOST_POINTS", 2)
    found = gold_table(_sales(spark), _declared(tmp_path, SQL, ["shop", "week"]))
    assert (found.rows, found.groups) == (12, 4)
    shops = {shop if isinstance(shop, str) else None for shop in found.frame["shop"]}
    assert shops == {"b", None}
    assert sorted(set(found.frame["week"])) == [date(2026, 6, 8), date(2026, 6, 15)]
    assert found.totals is not None
    totals = dict(zip(found.totals["week"], found.totals["gross"], strict=True))
    assert totals[date(2026, 6, 15)] == Decimal("3525.40")


def test_reasons_count_each_failed_rule_with_its_last_day(spark: SparkSession) -> None:
    rows = [
        (["a_is_positive"], date(2026, 6, 1)),
        (["a_is_positive", "row_is_well_formed"], DAY),
        (["a_is_positive"], DAY),
    ]
    frame = spark.createDataFrame(rows, "_failed_rules array<string>, _known_date date")
    rule = Rule(
        "a_is_positive", "expect_column_values_to_be_between", {"column": "a", "min_value": 0},
        "critical", 0.98, "day", "fail", "Tills.", "s.json:3",
    )  # fmt: skip
    suite = Suite("silver.orders", Path("s.json"), (rule,))
    found = quarantine_reasons(lambda _: frame, ["silver.orders"], [suite])
    assert found == (
        QuarantineReason("silver.orders", "a_is_positive", 3, DAY, 2, "critical",
                         "A is at least 0.", "Tills."),
        QuarantineReason("silver.orders", "row_is_well_formed", 1, DAY, 1, "critical",
                         "Every value fits its declared type."),
    )  # fmt: skip


def test_only_the_newest_refresh_of_a_table_brings_its_rules(spark: SparkSession) -> None:
    rules = '[{"rule": "r", "severity": "warning", "day": "2026-06-28", "rows": 9, "passed": null,'
    rules += ' "mostly": 1.0, "ok": false}]'
    rows = [
        ("1", "p", "refine", "silver.x", DAY, "passed", 9, 9, 8, 1, 0, "{}", 1, 0.5, None, "c",
         DAY, datetime(2026, 6, 28, hour, 0), "", rules, 0)  # noqa: DTZ001
        for hour in (4, 5)
    ]  # fmt: skip
    first, second = run_rows(spark.createDataFrame(rows, SCHEMA))
    assert first.rules == ()
    assert [(rule.rule, rule.passed, rule.ok) for rule in second.rules] == [("r", None, False)]
    assert second.rows_quarantined == 1


def test_a_record_without_rules_is_no_error() -> None:
    assert rule_results(None) == ()
    assert rule_results("not json") == ()


def test_probabilities_of_the_newest_day_fall_into_bins(spark: SparkSession) -> None:
    rows = [
        (0.0, DAY, 3),
        (0.049, DAY, 3),
        (1.0, DAY, 3),
        (None, DAY, 3),
        (0.5, date(2026, 1, 1), 2),
    ]
    frame = spark.createDataFrame(rows, "probability double, as_of date, model_version int")
    model = ModelDecl(
        model="churn", description="Leaves.", entity="customer_id", label="gold.l.churned",
        features={"table": "gold.f"}, split={"test_days": 7, "test_customers": 0.3},
        scores={"history": "silver.h", "current": "gold.s"}, file=Path("model.yml"),
    )  # fmt: skip
    found = scores(frame, model)
    assert found.counts == (2, *[0] * 18, 1)
    assert (found.entity, found.as_of, found.version) == ("customers", DAY, "3")


def test_a_card_shows_every_candidate_and_the_lead_over_each_baseline() -> None:
    metrics = {"test_roc_auc_low": 0.7, "test_roc_auc_high": 0.9, "vs_dummy_roc_auc": 0.3,
               "vs_dummy_roc_auc_low": 0.2, "vs_dummy_roc_auc_high": 0.4}  # fmt: skip
    params = {"chosen": "boosted_trees", "metric": "roc_auc"}
    known = RunSummary("shop_churn", 4, "r", metrics, params,
                  {}, [{"name": "dummy", "test_roc_auc": 0.5},
                       {"name": "boosted_trees", "test_roc_auc": 0.8}],
                  {}, {"days": 0.1}, {}, {})  # fmt: skip
    (metric,) = model_card(known).metrics
    assert metric.name == "ROC AUC"
    assert metric.candidates == (
        Interval("dummy", 0.5), Interval("boosted trees", 0.8, 0.7, 0.9, chosen=True)
    )  # fmt: skip
    assert metric.leads == (Interval("over dummy", 0.3, 0.2, 0.4, chosen=True),)


def test_a_warehouse_with_one_run_is_reported_and_the_rest_is_missing(spark: SparkSession) -> None:
    row = ("1", "retail", "ingest", "bronze.orders", DAY, "passed", 9, 9, 9, 0, 0, "{}", 1, 0.5,
           None, "c", DAY, datetime(2026, 6, 28, 4, 0), "", "[]", 0)  # noqa: DTZ001  # fmt: skip
    other = (row[0], "another", *row[2:])
    reader = Reader({"ops.runs": spark.createDataFrame([row, other], SCHEMA)})
    pipeline = load_pipeline(ROOT / "conf", "retail")
    found = collect(reader, pipeline, env="dev", suites=[None])
    assert [run.table for run in found.runs] == ["bronze.orders"]
    assert set(found.missing) == set(pipeline.gold)
    assert (found.gold, found.scores, found.quarantine) == ((), None, ())
    assert "none is registered yet" in render(found)
