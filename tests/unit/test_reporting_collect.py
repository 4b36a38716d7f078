"""Reading the warehouse for the report."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.config.charts import Chart
from lakehouse.config.declarations import GoldTable, PipelineInfo
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.pipeline import load_pipeline
from lakehouse.ml.run_summary import RunSummary
from lakehouse.quality.rules import Rule, Suite
from lakehouse.reporting.collect import collect
from lakehouse.reporting.data import ExpectedValue, Interval, QuarantinedRows, QuarantineReason
from lakehouse.reporting.gold import points as points_module
from lakehouse.reporting.gold.collect import gold_table, scores
from lakehouse.reporting.gold.exhibits import exhibit
from lakehouse.reporting.gold.last_day import last_day
from lakehouse.reporting.gold.points import series
from lakehouse.reporting.model.card import model_card
from lakehouse.reporting.model.section import figures_of_scores
from lakehouse.reporting.page import render
from lakehouse.reporting.quarantine.collect import count_quarantined
from lakehouse.reporting.runs.collect import run_records
from lakehouse.steps.registry import run_steps, step_tables
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


def _declared(tmp_path: Path, keys: list[str]) -> GoldTable:
    shape = tmp_path / "sales.sql"
    return GoldTable(
        table="gold.sales", description="Sales.", source="silver.orders", write="replace_keys",
        keys=keys, file=tmp_path / "sales.yml", transformation=shape,
        info=PipelineInfo(description="Shops.", owner="shop@mail.example"),
    )  # fmt: skip


def _sales(spark: SparkSession) -> DataFrame:
    rows = [
        (date(2026, 6, week), shop, Decimal(f"{amount * week}.10"), amount * week % 7, amount)
        for week in (1, 8, 15)
        for shop, amount in (("a", 1), ("b", 30), (None, 200), ("d", 4))
    ]
    schema = "week date, shop string, gross decimal(18,2), late int, orders int"
    frame = spark.createDataFrame(rows, schema)
    return frame.withColumn("late_rate", F.col("late") / F.lit(7.0)).drop("late")


def _points(frame: DataFrame, chart: dict[str, object]) -> dict[object, object]:
    made = series(frame, Chart.model_validate(chart))
    assert made.problem == ""
    axes = made.points[made.chart.axes].itertuples(index=False, name=None)
    return dict(zip(axes, made.points["_m0"], strict=True))


def test_points_are_summed_over_the_other_keys(spark: SparkSession) -> None:
    chart = {"measure": {"column": "gross", "as": "sum"}, "over": "week"}
    assert _points(_sales(spark), chart) == {
        (date(2026, 6, 1),): Decimal("235.40"),
        (date(2026, 6, 8),): Decimal("1880.40"),
        (date(2026, 6, 15),): Decimal("3525.40"),
    }


def test_a_mean_is_weighted_and_leaves_out_what_is_not_known(spark: SparkSession) -> None:
    rows = [("a", 0.1, 100), ("a", 0.5, 300), ("a", None, 900), ("b", None, 5), ("c", 0.3, 0)]
    frame = spark.createDataFrame(rows, "shop string, late_rate double, orders int")
    measure = {"column": "late_rate", "as": "mean", "weight": "orders"}
    points = _points(frame, {"measure": measure, "by": "shop"})
    assert points[("a",)] == pytest.approx(0.4)
    assert [math.isnan(float(points[(shop,)])) for shop in ("b", "c")] == [True, True]
    plain = _points(frame, {"measure": {"column": "late_rate", "as": "mean"}, "by": "shop"})
    assert plain[("a",)] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        ({"measure": "gross", "over": "week"}, "several rows share a week; "),
        ({"measure": "gross"}, "several rows share a table; "),
        ({"measure": "net", "over": "week"}, "the table has no column net"),
        ({"measure": "shop", "over": "week"}, "shop is not a number"),
    ],
)
def test_a_chart_that_does_not_fit_the_rows_has_a_problem(
    spark: SparkSession, chart: dict[str, object], problem: str
) -> None:
    made = series(_sales(spark), Chart.model_validate(chart))
    assert made.problem.startswith(problem)
    assert made.points.empty


def test_a_big_table_is_cut_to_the_newest_periods_of_the_largest_groups(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in {"SMALL": 3, "LARGEST": 2, "MOST_POINTS": 2}.items():
        monkeypatch.setattr(points_module, name, most)
    chart = Chart.model_validate({"measure": "gross", "by": "shop", "over": "week"})
    made = series(_sales(spark), chart)
    assert made.groups == 4
    shops = {shop if isinstance(shop, str) else None for shop in made.points["shop"]}
    assert shops == {"b", None}
    assert sorted(set(made.points["week"])) == [date(2026, 6, 8), date(2026, 6, 15)]


def test_a_table_without_a_chart_gets_lines_over_time(spark: SparkSession, tmp_path: Path) -> None:
    table = gold_table(_sales(spark), _declared(tmp_path, ["shop", "week"]), until=DAY)
    (drawn,) = table.series
    assert (drawn.chart.by, drawn.chart.over, drawn.problem) == ("shop", "week", "")
    assert [m.column for m in drawn.chart.measure] == ["gross", "orders", "late_rate"]
    assert (table.rows, table.until, drawn.groups) == (12, DAY, 4)
    assert list(table.numbers["week"])[:4] == [date(2026, 6, 15)] * 4


def test_hours_are_kept_as_hours(spark: SparkSession, tmp_path: Path) -> None:
    rows = [(datetime(2026, 6, 28, hour), hour) for hour in range(24)]  # noqa: DTZ001
    frame = spark.createDataFrame(rows, "hour timestamp, orders int")
    table = gold_table(frame, _declared(tmp_path, ["hour"]), until=DAY)
    (figure,) = exhibit(table).figures
    assert figure.title == "Orders by hour"
    assert "28 Jun 13:00: 13 orders" in figure.body


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
    reader = Reader({"quarantine.silver_orders": frame})
    reasons, days = count_quarantined(reader, ["silver.orders", "silver.gone"], {suite.name: suite})
    assert days == (
        QuarantinedRows("silver.orders", date(2026, 6, 1), 1),
        QuarantinedRows("silver.orders", DAY, 2),
    )
    assert reasons == (
        QuarantineReason("silver.orders", "a_is_positive", 3, DAY, 2, "critical",
                         "a is at least 0.", "Tills."),
        QuarantineReason("silver.orders", "row_is_well_formed", 1, DAY, 1, "critical",
                         "every value fits its declared type."),
    )  # fmt: skip


def test_only_the_newest_refresh_of_a_table_brings_its_rules(spark: SparkSession) -> None:
    rules = '[{"rule": "r", "severity": "warning", "day": "2026-06-28", "rows": 9, "passed": null,'
    rules += ' "mostly": 1.0, "ok": false}]'
    rows = [
        ("1", "p", "refine", "silver.x", DAY, "passed", 9, 9, 8, 1, 0, "{}", 1, 0.5, None, "c",
         DAY, datetime(2026, 6, 28, hour, 0), "", rules, 0, 0)  # noqa: DTZ001
        for hour in (4, 5)
    ]  # fmt: skip
    first, second = run_records(spark.createDataFrame(rows, SCHEMA))
    assert first.rules == ()
    assert [(rule.rule, rule.passed, rule.ok) for rule in second.rules] == [("r", None, False)]
    assert second.rows_quarantined == 1


def test_the_newest_refresh_with_rows_brings_its_rules_too(spark: SparkSession) -> None:
    rules = '[{"rule": "r", "severity": "warning", "day": null, "rows": 9, "passed": 8,'
    rules += ' "mostly": 0.5, "ok": true}]'
    rows = [
        ("1", "p", "refine", "silver.x", DAY, status, read, read, read, 0, 0, "{}", 1, 0.5, None,
         "c", DAY, datetime(2026, 6, 28, hour, 0), "", rules, 0, 0)  # noqa: DTZ001
        for hour, status, read in ((3, "passed", 9), (4, "passed", 9), (5, "skipped", 0))
    ]  # fmt: skip
    records = run_records(spark.createDataFrame(rows, SCHEMA))
    assert [len(record.rules) for record in records] == [0, 1, 1]


def test_the_last_day_of_a_table_is_that_of_the_files_behind_it(spark: SparkSession) -> None:
    days = spark.createDataFrame([(DAY,), (date(2026, 6, 1),)], "_known_date date")
    reader = Reader({"bronze.orders": days, "bronze.web_events": days.where("false")})
    pipeline = load_pipeline(ROOT / "conf", "retail")
    assert last_day("gold.weekly_store_sales", pipeline, reader, ()) == DAY
    assert last_day("gold.daily_active_users", pipeline, reader, ()) is None


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


def test_a_canary_and_the_expected_value_are_said_of_the_newest_day(spark: SparkSession) -> None:
    first, second, third = (f"k5b2f0c1e_{digit * 40}" for digit in "abc")
    rows = [
        (first, 0.5, DAY, 3, "champion", 50.0),
        (second, 0.1, DAY, 3, "champion", None),
        (third, 0.9, DAY, 4, "challenger", 90.5),
        (third, 0.5, date(2026, 1, 1), 2, "champion", 1000.0),
        ("a key", 0.9, DAY, 3, "champion", 100.0),
    ]
    columns = (
        "customer_id string, probability double, as_of date, model_version int, role string, "
        "expected_value double"
    )
    model = ModelDecl(
        model="churn", description="Leaves.", entity="customer_id", label="gold.l.churned",
        features={"table": "gold.f"}, split={"test_days": 7, "test_customers": 0.3},
        scores={"history": "silver.h", "current": "gold.s", "value": "revenue_56d"},
        live={"canary": 0.3}, file=Path("model.yml"),
    )  # fmt: skip
    found = scores(spark.createDataFrame(rows, columns), model)
    assert found.version == "3, and version 4 for 1 of them"
    assert found.expected == ExpectedValue(
        "revenue_56d", 240.5, 3, ((third, 0.9, 90.5), (first, 0.5, 50.0))
    )
    shown = figures_of_scores(found)[-1]
    assert "revenue 56d: 240.5 in total, of 3 customers with a value on 28 June 2026" in (
        shown.caption
    )
    assert f"<td>{third}</td>" in shown.body


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
           None, "c", DAY, datetime(2026, 6, 28, 4, 0), "", "[]", 0, 0)  # noqa: DTZ001  # fmt: skip
    other = (row[0], "another", *row[2:])
    reader = Reader({"ops.runs": spark.createDataFrame([row, other], SCHEMA)})
    pipeline = load_pipeline(ROOT / "conf", "retail")
    steps = {step: step_tables(pipeline, step) for step in run_steps()}
    found = collect(reader, pipeline, env="dev", steps=steps)
    assert [run.table for run in found.runs] == ["bronze.orders"]
    assert set(found.missing) == set(pipeline.gold)
    assert not any(table.exists for table in found.tables)
    assert (found.gold, found.scores, found.quarantine) == ((), None, ())
    assert "none is registered yet" in render(found)
