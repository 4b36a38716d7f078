"""An invented week of a shop, for tests of the report and for viewing it.

``python tests/unit/reporting_sample.py FOLDER`` writes the page.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pandas as pd

from lakehouse.config.charts import Chart
from lakehouse.quality.results import RuleResult
from lakehouse.refresh.run_record import RunRecord
from lakehouse.reporting.data import (
    Calibration,
    DeclaredTable,
    GoldTable,
    Interval,
    MetricRow,
    ModelCard,
    QuarantinedRows,
    QuarantineReason,
    ReportData,
    Scores,
    Series,
)
from lakehouse.reporting.model.examined import Curve, Examined, MistakeRow, PartRow, WorstRow
from lakehouse.reporting.monitored.series import (
    DriftPoint,
    DriftSeries,
    Monitored,
    PerformancePoint,
    PerformanceSeries,
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
INPUTS = {
    "silver.customers": ("bronze.customers",),
    "silver.orders": ("bronze.orders",),
    "silver.web_events": ("bronze.web_events",),
    "gold.daily_active_users": ("silver.web_events",),
    "gold.weekly_store_sales": ("silver.orders", "silver.stores"),
    "gold.customer_features": ("silver.orders", "silver.web_events"),
    "silver.churn_predictions": ("gold.customer_features",),
}


def rule_result(rule: str, severity: str, rows: int, passed: int, mostly: float) -> RuleResult:
    """A rule on single rows of the newest day."""
    ok = passed >= mostly * rows
    return RuleResult(rule, "", severity, NEWEST, rows, passed, mostly, ok, "")


GATE = rule_result("amount_is_positive", "critical", 4_410, 4_022, 0.98)


def run(step: str, table: str, day: date, rows: int, status: str = "passed") -> RunRecord:
    """A refresh of one day, with about 2 % of the rows quarantined in silver."""
    bad = round(rows * 0.02) if table.startswith("silver") and step == "refine" else 0
    if status != "passed":
        rows = bad = 0
    return RunRecord(
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


def runs(*, healthy: bool = True) -> tuple[RunRecord, ...]:
    """Twenty days of refreshes; unless ``healthy``, a gate fails and a table becomes stale."""
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


def _gate_failed(good: RunRecord) -> RunRecord:
    return RunRecord(
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


def gold(name: str, about: str, frame: pd.DataFrame, *charts: dict[str, object]) -> GoldTable:
    """A gold table with declared charts, whose points pandas adds up."""
    made = []
    for declared in charts:
        chart = Chart.model_validate(declared)
        points = pd.DataFrame(frame[chart.axes])
        for index, measure in enumerate(chart.measure):
            points[f"_m{index}"] = frame[measure.column]
        points["_size"] = frame[chart.measure[0].column].astype(float)
        points = points.groupby(chart.axes, as_index=False).sum()
        made.append(Series(chart, points, points[chart.by].nunique() if chart.by else 0))
    return GoldTable(name, about, frame.head(40), tuple(made), rows=len(frame), until=NEWEST)


def daily() -> GoldTable:
    """A day key only, and one distinct count."""
    days = [NEWEST - timedelta(days=back) for back in range(119, -1, -1)]
    users = [
        round(640 + 120 * math.sin(i / 9) + (90 if d.weekday() > 4 else 0) + 37 * math.sin(i))
        for i, d in enumerate(days)
    ]
    frame = pd.DataFrame({"day": days, "active_users": users})
    chart = {"measure": "active_users", "over": "day"}
    return gold("gold.daily_active_users", "Distinct users a day of the web site.", frame, chart)


def weekly() -> GoldTable:
    """A week and a store, money and counts."""
    rows = []
    for store in range(12):
        for week in range(17):
            start = date(2026, 3, 2) + timedelta(days=7 * week)
            value = (90_000 / (store + 2)) * (1 + 0.2 * math.sin(week / 2 + store)) + week * 300
            rows.append(
                (f"store-{store + 1:02d}", start, 400 - 20 * store + week, Decimal(f"{value:.2f}"))
            )
    frame = pd.DataFrame(rows, columns=["store_id", "week", "orders", "gross_sales"])
    measure = {"column": "gross_sales", "as": "sum"}
    return gold(
        "gold.weekly_store_sales",
        "Gross sales of accepted orders per store and week.",
        frame,
        {"measure": measure, "over": "week"},
        {"measure": measure, "by": "store_id", "over": "week"},
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
    measure = {"column": "gross_revenue", "as": "sum"}
    return gold(
        "gold.quarterly_department_revenue",
        "Σ quantity × unit price of accepted lines, before returns and discounts.",
        frame,
        {"measure": measure, "over": "quarter"},
        {"measure": measure, "by": "department", "over": "quarter"},
    )


def deliveries() -> GoldTable:
    """Hours, with a rate and a mean of each, which must not be added up."""
    hours = [datetime(2026, 6, 27) + timedelta(hours=hour) for hour in range(48)]  # noqa: DTZ001
    late = [0.05 + 0.03 * math.sin(hour / 4) for hour in range(48)]
    delay = [4.2 + 2 * math.cos(hour / 5) for hour in range(48)]
    frame = pd.DataFrame({"hour": hours, "late_rate": late, "mean_delay_minutes": delay})
    chart = {"measure": ["late_rate", "mean_delay_minutes"], "over": "hour"}
    return gold("gold.hourly_deliveries", "Deliveries by hour.", frame, chart)


def contracts() -> GoldTable:
    """A rate by group, and by group and month across two years."""
    months = [date(2025, 9 + i, 1) if i < 4 else date(2026, i - 3, 1) for i in range(10)]
    rows = [
        (name, month, rate * (1 + 0.3 * math.sin(i)), 100 * (i + 1))
        for name, rate in (("monthly", 0.043), ("one year", 0.011), ("two years", 0.003))
        for i, month in enumerate(months)
    ]
    frame = pd.DataFrame(rows, columns=["contract", "month", "churn_rate", "customers"])
    chart = {"measure": "churn_rate", "by": "contract", "over": "month"}
    return gold("gold.contract_churn", "Customers who left, by contract.", frame, chart)


def churn() -> GoldTable:
    """A segment and a decile: counts, and the money at risk."""
    rows = []
    for segment, weight in (("occasional", 1.0), ("regular", 2.2), ("big basket", 4.1)):
        for decile in range(1, 11):
            chance = 0.92 * math.exp(-(decile - 1) / 3.2)
            number = 67 + (5 * decile if segment == "regular" else -2 * decile)
            loss = Decimal(f"{number * chance * weight * 41:.2f}")
            rows.append((segment, decile, number, loss))
    frame = pd.DataFrame(rows, columns=["segment", "decile", "customers", "expected_loss"])
    measures = [{"column": "customers", "as": "sum"}, {"column": "expected_loss", "as": "sum"}]
    table = gold(
        "gold.churn_report",
        "Counts and expected value by segment and decile.",
        frame,
        {"measure": measures, "by": "segment"},
        {"measure": measures[1], "by": "decile"},
    )
    return replace(table, on_scores=True)


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
        examined=examined(),
    )


def examined() -> Examined:
    """Six slices, one of them hidden; eight days; two slices with large errors; mistakes."""
    slices = (
        part("segment: big basket", 0.842, 0.05, 96),
        part("segment: occasional", 0.741, 0.04, 214),
        part("segment: regular", 0.803, 0.03, 288),
        part("orders_56d: ≤ 2", 0.766, 0.04, 188),
        part("orders_56d: 2 to 6", 0.792, 0.035, 226),
        part("orders_56d: > 6", 0.829, 0.045, 184),
    )
    days = tuple(
        PerformancePoint(date(2026, 5, 18) + timedelta(days=2 * i), v, v - 0.05, v + 0.045)
        for i, v in enumerate((0.82, 0.80, 0.83, 0.81, 0.79, 0.82, 0.80, 0.81))
    )
    grid = [step / 100 for step in range(101)]
    gains = (("dummy", 1.0), ("linear", 0.5), ("boosted trees", 0.44))
    gain = tuple(
        Curve(name, tuple((x, x**power) for x in grid), name == "boosted trees")
        for name, power in gains
    )
    lift = tuple(replace(c, points=tuple((x, y / x) for x, y in c.points[1:])) for c in gain)
    token = "k5b2f0c1e_{:040x}"
    return Examined(
        "roc_auc",
        whole=part("all of the test", 0.812, 0.022, 598),
        slices=slices,
        hidden=1,
        gated="roc_auc",
        max_gap=0.1,
        days=days,
        searched=1_274,
        loss="squared error of the probability",
        worst=(
            WorstRow("segment: occasional, web_visits_28d: (missing)", 58, 0.281, 0.162,
                     Interval("", 0.07, 0.03, 0.11)),
            WorstRow("days_since_order: 18 to 31", 104, 0.228, 0.159,
                     Interval("", 0.01, -0.02, 0.04)),
        ),
        mistakes=tuple(
            MistakeRow(kind, token.format(number * 7919**9), "2026-05-24", label, score)
            for number, (kind, label, score) in enumerate(
                [("false alarm", "0", "0.912"), ("false alarm", "0", "0.887"),
                 ("missed", "1", "0.031"), ("missed", "1", "0.044")], 11
            )
        ),
        gain=gain,
        lift=lift,
    )  # fmt: skip


def part(label: str, value: float, near: float, customers: int) -> PartRow:
    """A part of the test with an interval on both sides of ``value``."""
    metrics = {
        "roc_auc": Interval(label, value, value - near, value + near),
        "brier": Interval(label, 0.17 - (value - 0.8) / 2, 0.16, 0.19),
    }
    return PartRow(label, 14 * customers, customers, metrics)


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


def quarantined() -> tuple[QuarantinedRows, ...]:
    """The rows of ``reasons``; no row failed two rules."""
    return (
        QuarantinedRows("silver.orders", date(2026, 6, 14), 57),
        QuarantinedRows("silver.orders", date(2026, 6, 21), 4),
        QuarantinedRows("silver.orders", date(2026, 6, 25), 41),
        QuarantinedRows("silver.orders", NEWEST, 391),
        QuarantinedRows("silver.customers", date(2026, 5, 28), 16),
        QuarantinedRows("silver.customers", date(2026, 6, 2), 1),
    )


def moved(column: str, highest: float, since: int = 12) -> DriftSeries:
    """Thirty days of a column that moves in the last ``since`` of them."""
    points = []
    for number in range(30):
        rise = max(0, number - 30 + since) / since
        psi = highest * rise + 0.012 * (1 + math.sin(number * 1.7 + len(column)))
        level = "alarm" if psi >= 0.25 else "warning" if psi >= 0.1 else "ok"
        points.append(DriftPoint(NEWEST - timedelta(days=29 - number), psi, level))
    return DriftSeries(column, tuple(points))


def monitored(*, healthy: bool = True) -> Monitored:
    """Five features and the score; unless ``healthy``, one alarms and one warns."""
    calm = [moved(name, 0.0) for name in ("orders_56d", "days_since_order", "segment", "score")]
    other = [moved("revenue_56d", 0.0 if healthy else 0.41), moved("web_visits_28d", 0.02)]
    other += [] if healthy else [moved("return_share", 0.13, since=8)]
    days = [NEWEST - timedelta(days=28 + 14 - back) for back in range(15)]
    made = {
        metric: tuple(
            PerformancePoint(
                day, value - 0.002 * i, value - 0.002 * i - near, value - 0.002 * i + near
            )
            for i, day in enumerate(days)
        )
        for metric, value, near in (("roc_auc", 0.81, 0.03), ("brier", 0.17, 0.01))
    }
    performance = tuple(PerformanceSeries(name, points) for name, points in made.items())
    return Monitored(3, 0.1, 0.25, (*calm, *other), performance)


def sample(*, healthy: bool = True) -> ReportData:
    """Everything that the page can show."""
    counts = tuple(
        round(260 * math.exp(-i / 4) + 70 * math.exp(-((i - 17) ** 2) / 6)) for i in range(20)
    )
    return ReportData(
        pipeline="retail",
        env="dev",
        owner="crm@example.com",
        description="Which customers will stop buying, and what it would cost",
        steps=("ingest", "refine", "aggregate", "features", "train", "score"),
        tables=tuple(
            DeclaredTable(table, step, about, INPUTS.get(table, ()))
            for step, table, about, _ in TABLES
        ),
        runs=runs(healthy=healthy),
        quarantine=reasons(),
        quarantined=quarantined(),
        gold=(daily(), weekly(), quarterly(), deliveries(), contracts(), churn()),
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
        monitored=monitored(),
    )


if __name__ == "__main__":
    from lakehouse.reporting.page import render, write_report

    for name in ("healthy", "unwell"):
        is_healthy = name == "healthy"
        html = render(replace(sample(healthy=is_healthy), monitored=monitored(healthy=is_healthy)))
        sys.stdout.write(f"{write_report(html, Path(sys.argv[1]) / name)}\n")
