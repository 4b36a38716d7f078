"""An invented week of a shop, for the tests of the report and for looking at it.

``python tests/unit/reporting_sample.py FOLDER`` writes the page.
"""

from __future__ import annotations

import math
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd

from lakehouse.reporting.data import (
    Calibration,
    DeclaredTable,
    GoldTable,
    Interval,
    MetricRow,
    ModelCard,
    QuarantineReason,
    ReportData,
    RuleResult,
    RunRow,
    Scores,
)

NEWEST = date(2026, 6, 28)
TABLES = (
    ("ingest", "bronze.customers", "Customers as the shop system exports them", 118),
    ("ingest", "bronze.orders", "Orders as they come from the tills", 4_410),
    ("ingest", "bronze.web_events", "What visitors did on the web site", 21_640),
    ("refine", "silver.customers", "Customers with their history", 112),
    ("refine", "silver.orders", "Accepted orders, one row an order", 4_390),
    ("refine", "silver.stores", "Stores with their history", 0),
    ("refine", "silver.web_events", "Events of the web site, tokens for people", 21_600),
    ("aggregate", "gold.daily_active_users", "Distinct users a day of the web site", 1),
    ("aggregate", "gold.weekly_store_sales", "Gross sales per store and week", 24),
    ("features", "gold.customer_features", "What was known of each customer", 2_000),
    ("score", "silver.churn_predictions", "A row a customer, day and version", 2_000),
)
GATE = RuleResult("amount_is_positive", "critical", NEWEST, 4_410, 4_022, 0.98, False)


def run(step: str, table: str, day: date, rows: int, status: str = "passed") -> RunRow:
    """A refresh of one day, about two in a hundred rows quarantined in silver."""
    bad = round(rows * 0.02) if table.startswith("silver") and step == "refine" else 0
    if status != "passed":
        rows = bad = 0
    return RunRow(
        run_id=f"run-{day}",
        step=step,
        table=table,
        date=day,
        start_date=day,
        status=status,
        started_at=datetime(day.year, day.month, day.day, 4, 12, tzinfo=UTC),
        seconds=1.4 + rows / 9000,
        rows_input=rows,
        rows_read=rows,
        rows_written=rows - bad,
        rows_quarantined=bad,
        git_sha="0f3c2a1",
    )


def runs(*, healthy: bool = True) -> tuple[RunRow, ...]:
    """Twenty days of refreshes; unless ``healthy``, a gate fails and a table falls behind."""
    made = []
    for back in range(19, -1, -1):
        day = NEWEST - timedelta(days=back)
        for index, (step, table, _, rows) in enumerate(TABLES):
            if not healthy and table == "gold.weekly_store_sales" and back < 2:
                continue
            size = round(rows * (1 + 0.15 * math.sin(back + index)))
            failed = not healthy and table == "silver.orders" and back == 0
            made.append(run(step, table, day, size, "passed" if size else "skipped"))
            if failed:
                made[-1] = _gate_failed(made[-1])
    return tuple(made)


def _gate_failed(good: RunRow) -> RunRow:
    return RunRow(
        run_id=good.run_id,
        step=good.step,
        table=good.table,
        date=good.date,
        status="failed",
        started_at=good.started_at,
        seconds=2.1,
        rows_input=4_410,
        rows_read=4_410,
        rows_quarantined=388,
        message="nothing was written; 388 rows are in quarantine",
        rules=(GATE,),
    )


def daily() -> GoldTable:
    """A day key alone, one distinct count."""
    days = [NEWEST - timedelta(days=back) for back in range(119, -1, -1)]
    users = [
        round(640 + 120 * math.sin(i / 9) + (90 if d.weekday() > 4 else 0) + 37 * math.sin(i))
        for i, d in enumerate(days)
    ]
    frame = pd.DataFrame({"day": days, "active_users": users})
    return GoldTable(
        "gold.daily_active_users",
        "Distinct users a day of the web site.",
        frame,
        ("day",),
        time="day",
        rows=120,
    )


def weekly() -> GoldTable:
    """A week and a store, money and counts; the last week is not over."""
    rows = []
    for store in range(12):
        for week in range(17):
            start = date(2026, 3, 2) + timedelta(days=7 * week)
            value = (90_000 / (store + 2)) * (1 + 0.2 * math.sin(week / 2 + store)) + week * 300
            rows.append(
                (f"store-{store + 1:02d}", start, 400 - 20 * store + week, Decimal(f"{value:.2f}"))
            )
    frame = pd.DataFrame(rows, columns=["store_id", "week", "orders", "gross_sales"])
    return GoldTable(
        "gold.weekly_store_sales",
        "Gross sales of accepted orders per store and week.",
        frame,
        ("store_id", "week"),
        time="week",
        groups=12,
        summable=frozenset({"orders", "gross_sales"}),
        rows=len(frame),
    )


def quarterly() -> GoldTable:
    """A quarter and a department, few periods."""
    names = ["Garden", "Kitchen", "Toys & games", "Lighting", "Textiles", "Bath <new>"]
    rows = [
        (quarter, name, Decimal(f"{(310_000 - 41_000 * i) * f:.2f}"))
        for quarter, f in ((date(2026, 1, 1), 0.34), (date(2026, 4, 1), 1.0))
        for i, name in enumerate(names)
    ]
    frame = pd.DataFrame(rows, columns=["quarter", "department", "gross_revenue"])
    return GoldTable(
        "gold.quarterly_department_revenue",
        "Σ quantity × unit price of accepted lines, before returns and discounts.",
        frame,
        ("quarter", "department"),
        time="quarter",
        groups=6,
        summable=frozenset({"gross_revenue"}),
        rows=len(frame),
    )


def churn() -> GoldTable:
    """A segment and a decile: counts, and the money at risk."""
    rows = []
    for segment, weight in (("occasional", 1.0), ("regular", 2.2), ("big basket", 4.1)):
        for decile in range(1, 11):
            chance = 0.92 * math.exp(-(decile - 1) / 3.2)
            number = 67 + (5 * decile if segment == "regular" else -2 * decile)
            rows.append(
                (
                    segment,
                    decile,
                    number,
                    round(chance, 4),
                    Decimal(f"{number * chance * weight * 41:.2f}"),
                )
            )
    frame = pd.DataFrame(
        rows, columns=["segment", "decile", "customers", "mean_probability", "expected_loss"]
    )
    return GoldTable(
        "gold.churn_report",
        "Counts and expected value by segment and decile.",
        frame,
        ("segment", "decile"),
        rows=30,
        groups=30,
        on_scores=True,
        summable=frozenset({"customers", "expected_loss"}),
    )


def model() -> ModelCard:
    """Three candidates with intervals, and the registered one's lead."""
    auc = (
        Interval("dummy", 0.5),
        Interval("linear", 0.787, 0.761, 0.812),
        Interval("boosted trees", 0.812, 0.789, 0.834, chosen=True),
    )
    ap = (
        Interval("dummy", 0.271),
        Interval("linear", 0.561, 0.52, 0.603),
        Interval("boosted trees", 0.604, 0.566, 0.645, chosen=True),
    )
    leads = (
        Interval("over dummy", 0.312, 0.289, 0.334, chosen=True),
        Interval("over linear", 0.025, 0.008, 0.041, chosen=True),
    )
    groups = tuple(
        Calibration(s / 100, (s + 4 * math.sin(s)) / 100, 180)
        for s in (3, 7, 12, 18, 25, 33, 42, 53, 66, 82)
    )
    return ModelCard(
        "retail_churn",
        "3",
        "Customers who will not buy in the next 28 days.",
        "boosted_trees",
        metrics=(MetricRow("ROC AUC", auc, leads), MetricRow("average precision", ap)),
        facts=(
            ("Trained on", "as known up to 3 May 2026"),
            ("Tested on", "598 customers, 14 days"),
        ),
        calibration=groups,
        importance=(
            ("days_since_order", 0.081),
            ("orders_56d", 0.044),
            ("revenue_56d", 0.021),
            ("web_visits_28d", 0.016),
            ("return_share", 0.004),
        ),
    )


def reasons() -> tuple[QuarantineReason, ...]:
    """Four rules of two tables."""
    return (
        QuarantineReason(
            "silver.orders",
            "amount_is_positive",
            388,
            NEWEST,
            388,
            "critical",
            "amount is at least 0.01.",
            "A till that is reset books zero.",
        ),
        QuarantineReason(
            "silver.orders",
            "row_is_well_formed",
            61,
            date(2026, 6, 21),
            4,
            "critical",
            "Every value has its declared type.",
        ),
        QuarantineReason(
            "silver.orders",
            "store_is_known",
            44,
            NEWEST,
            3,
            "critical",
            "store_name is not null.",
            "Stores come a day late when they open.",
        ),
        QuarantineReason(
            "silver.customers",
            "email_has_a_domain",
            17,
            date(2026, 6, 2),
            1,
            "critical",
            "email_domain matches “.+\\..+”.",
        ),
    )


def sample(*, healthy: bool = True) -> ReportData:
    """Everything that a page can show."""
    counts = tuple(
        round(260 * math.exp(-i / 4) + 70 * math.exp(-((i - 17) ** 2) / 6)) for i in range(20)
    )
    return ReportData(
        pipeline="retail",
        env="dev",
        owner="crm@example.com",
        description="Which customers will stop buying, and what it would cost",
        tables=tuple(DeclaredTable(table, step, about) for step, table, about, _ in TABLES),
        runs=runs(healthy=healthy),
        quarantine=reasons(),
        gold=(daily(), weekly(), quarterly(), churn()),
        model=model(),
        expects_model=True,
        scores=Scores(
            "gold.churn_scores",
            NEWEST,
            counts,
            "customers",
            "Customers who will not buy in the next 28 days.",
            "3",
        ),
    )


if __name__ == "__main__":
    from lakehouse.reporting.page import render, write_report

    for name in ("healthy", "unwell"):
        html = render(sample(healthy=name == "healthy"))
        sys.stdout.write(f"{write_report(html, Path(sys.argv[1]) / name)}\n")
