"""Real invoices: no row is lost, and every number equals that of the raw files, to the cent."""

from __future__ import annotations

from datetime import date

import by_another_way
import pytest
from by_another_way import Row, token
from duckdb import DuckDBPyConnection
from pyspark.sql import functions as F
from warehouse import ROOT, in_order
from whole_run import FIRST_DAY, FOLDER, KEY, LAST_DAY, Invoices, beside_baselines

pytestmark = [
    pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/data/online_retail is not here"),
    pytest.mark.xdist_group("online_retail"),
]

FEATURES, LABELS = "gold.customer_features", "gold.churn_labels"
FEATURE_COLUMNS = (
    "customer_id", "days_since_last_order", "days_since_first_order", "orders_120d", "orders_30d",
    "order_days_120d", "lines_120d", "units_120d", "revenue_120d", "revenue_30d", "returns_120d",
    "mean_order_value", "mean_gap_days", "segment",
)  # fmt: skip
SAMPLE_DAYS = (date(2011, 5, 7), date(2011, 5, 21), date(2011, 8, 31), date(2011, 9, 10))


def with_tokens(rows: list[Row]) -> list[Row]:
    """Rows by plain customer id as rows by token."""
    return in_order((token(row[0], KEY), *row[1:]) for row in rows)


def test_every_line_is_in_bronze(shop: Invoices, known: DuckDBPyConnection) -> None:
    assert shop.table("bronze.invoice_lines").count() == 541_909
    assert by_another_way.counts(known)["read"] == 541_909


def test_every_line_is_written_quarantined_or_superseded(
    shop: Invoices, known: DuckDBPyConnection
) -> None:
    run, parts = shop.newest_run("silver.invoice_lines"), ("written", "quarantined", "superseded")
    counted = {name: run[f"rows_{name}"] for name in ("read", *parts)}
    assert counted == by_another_way.counts(known)
    assert counted["superseded"] == 5_268
    assert counted["read"] == sum(counted[name] for name in parts)


def test_each_kind_of_line_has_its_lines_customers_and_amounts(
    shop: Invoices, known: DuckDBPyConnection
) -> None:
    found = (
        shop.table("silver.invoice_lines")
        .groupBy("kind", "is_product")
        .agg(
            F.count("*"),
            F.count_if(F.col("customer_id").isNull()),
            F.countDistinct("customer_id"),
            F.sum("quantity"),
            F.sum("amount"),
        )
        .collect()
    )
    assert in_order(found) == in_order(by_another_way.silver_by_kind(known))


def test_a_customer_is_the_token_of_the_plain_number(
    shop: Invoices, known: DuckDBPyConnection
) -> None:
    rows = shop.table("silver.invoice_lines").select("customer_id").dropna().distinct().collect()
    assert {row[0] for row in rows} == {token(one, KEY) for one in by_another_way.customers(known)}


def test_notes_of_staff_stay_in_bronze(shop: Invoices) -> None:
    moved = shop.table("silver.invoice_lines").where("kind = 'stock_movement'")
    assert {row[0] for row in moved.select("description").distinct().collect()} == {
        "STOCK MOVEMENT"
    }


def test_quarantine_holds_the_lines_without_a_description(
    shop: Invoices, known: DuckDBPyConnection
) -> None:
    found = shop.rows(
        "quarantine.silver_invoice_lines", "invoice_no", "stock_code", "quantity", "_failed_rules"
    )
    bare = known.execute(
        "SELECT InvoiceNo, upper(trim(StockCode)), Quantity::INTEGER, ['description_is_present'] "
        "FROM raw WHERE Description IS NULL"
    )
    assert found == in_order(bare.fetchall())


def test_daily_active_customers(shop: Invoices, known: DuckDBPyConnection) -> None:
    found = shop.rows("gold.daily_active_customers", "day", "active_customers", "orders")
    assert found == in_order(by_another_way.daily_active_customers(known))


def test_weekly_country_sales(shop: Invoices, known: DuckDBPyConnection) -> None:
    found = shop.rows(
        "gold.weekly_country_sales",
        *("week", "country", "gross_sales", "returns_value", "net_sales", "orders", "customers"),
    )
    assert found == in_order(by_another_way.weekly_country_sales(known))


def test_quarterly_gross_revenue(shop: Invoices, known: DuckDBPyConnection) -> None:
    found = shop.rows("gold.quarterly_gross_revenue", "quarter", "gross_revenue", "orders", "units")
    assert found == in_order(by_another_way.quarterly_gross_revenue(known))


def test_the_same_days_again_change_nothing(shop: Invoices) -> None:
    tables = ("bronze.invoice_lines", "silver.invoice_lines", "gold.weekly_country_sales")
    before = [shop.newest_run(name)["output_version"] for name in tables]
    for step in ("ingest", "refine", "aggregate"):
        assert shop.run(step, FIRST_DAY, LAST_DAY) == 0
    newest = shop.table("ops.runs").orderBy(F.desc("started_at")).limit(5).collect()
    assert {row["status"] for row in newest} == {"skipped"}
    assert [shop.newest_run(name)["output_version"] for name in tables] == before


@pytest.mark.parametrize("as_of", SAMPLE_DAYS, ids=str)
def test_features_are_those_of_the_day(
    remembered: Invoices, known: DuckDBPyConnection, as_of: date
) -> None:
    found = remembered.rows(FEATURES, *FEATURE_COLUMNS, where=f"as_of = '{as_of}'")
    assert found == with_tokens(by_another_way.customer_features(known, as_of))


@pytest.mark.parametrize("as_of", SAMPLE_DAYS, ids=str)
def test_labels_are_those_of_the_day(
    remembered: Invoices, known: DuckDBPyConnection, as_of: date
) -> None:
    found = remembered.rows(LABELS, "customer_id", "churned", where=f"as_of = '{as_of}'")
    assert found == with_tokens(by_another_way.churn_labels(known, as_of))


def test_a_day_has_features_of_exactly_the_labelled_customers(remembered: Invoices) -> None:
    labelled = remembered.rows(LABELS, "as_of", "customer_id")
    featured = remembered.rows(FEATURES, "as_of", "customer_id", where=f"as_of < '{LAST_DAY}'")
    assert featured == labelled


def test_the_model_beats_the_dummy_on_customers_and_days_it_has_not_seen(scored: Invoices) -> None:
    run = scored.champion_run("churn")
    print(beside_baselines(run, ("roc_auc", "average_precision", "brier", "log_loss")))
    metrics = run.metrics
    assert metrics["vs_dummy_roc_auc_low"] > 0
    assert metrics["vs_dummy_average_precision_low"] > 0
    assert metrics["vs_rule_of_thumb_roc_auc"] > 0
    assert metrics["test_roc_auc"] < 0.97  # more would be a leak


def test_everybody_with_features_has_a_score(scored: Invoices) -> None:
    columns = ("customer_id", "segment", "revenue_120d")
    found = scored.rows("gold.churn_scores", *columns)
    assert found == scored.rows(FEATURES, *columns, where=f"as_of = '{LAST_DAY}'")
    assert scored.table("gold.churn_scores").where("probability BETWEEN 0 AND 1").count() == len(
        found
    )


def test_the_churn_report_equals_one_computed_from_the_scores(scored: Invoices) -> None:
    scores = scored.rows(
        "gold.churn_scores", "customer_id", "segment", "probability", "revenue_120d"
    )
    found = scored.rows(
        "gold.churn_report",
        *("segment", "decile", "customers", "expected_leavers", "revenue_90d", "expected_loss"),
    )
    assert found == in_order(by_another_way.churn_report(scores))


@pytest.mark.parametrize("as_of", SAMPLE_DAYS[:2] + SAMPLE_DAYS[3:], ids=str)
def test_what_customers_spent_is_that_of_the_90_days(
    spending: Invoices, known: DuckDBPyConnection, as_of: date
) -> None:
    found = spending.rows(
        "gold.spend_labels", "customer_id", "spend_90d", where=f"as_of = '{as_of}'"
    )
    assert found == with_tokens(by_another_way.spend_labels(known, as_of))


def test_a_second_task_needs_declarations_alone(
    spending: Invoices, known: DuckDBPyConnection
) -> None:
    folder = ROOT / "conf" / "pipelines" / spending.pipeline
    assert {file.suffix for file in folder.rglob("*") if file.is_file()} == {".yml", ".sql"}
    day = SAMPLE_DAYS[0]
    found = spending.rows(FEATURES, *FEATURE_COLUMNS, where=f"as_of = '{day}'")
    assert found == with_tokens(by_another_way.customer_features(known, day))


def test_spend_is_predicted_better_than_by_recency_and_frequency(spending: Invoices) -> None:
    run = spending.champion_run("spend")
    print(beside_baselines(run, ("mae", "rmse", "median_absolute_error", "r2")))
    assert run.metrics["vs_dummy_mae_low"] > 0
    assert run.metrics["vs_rule_of_thumb_mae_low"] > 0
    assert run.metrics["test_r2"] < 0.97  # more would be a leak


def test_everybody_with_features_has_a_predicted_spend(spending: Invoices) -> None:
    columns = ("customer_id", "segment", "revenue_120d")
    found = spending.rows("gold.spend_scores", *columns)
    assert found == spending.rows(FEATURES, *columns, where=f"as_of = '{LAST_DAY}'")
    finite = "prediction > double('-inf') AND prediction < double('inf')"
    assert spending.table("gold.spend_scores").where(finite).count() == len(found)
