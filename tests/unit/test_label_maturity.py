"""A label has one day on which it is known: the end of its window, and the days it waits then."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from chispa import assert_df_equality
from declared import LABELS, LABELS_SQL, MODEL, declare, fingerprints
from pyspark.sql import SparkSession

from lakehouse.config.pipeline import load_pipeline
from lakehouse.errors import DeclarationError, DeclarationErrors
from lakehouse.monitoring.matured_days import matured_days
from lakehouse.refresh.context import Run, RunContext
from lakehouse.sql import bind
from lakehouse.sql.as_of import Window, rewrite_as_of
from lakehouse.sql.parse import parse
from lakehouse.sql.point_in_time import TableHistory
from lakehouse.steps import validate

ROOT = Path(__file__).parents[2]
WAITS = f"{LABELS}maturity: 3 days\n"
UNTIL = LABELS_SQL.replace("FROM silver.sales\n", "FROM silver.sales WHERE day <= :until\n")
AS_OF = date(2026, 3, 1)
WINDOW = Window(horizon_days=7, known_after_days=10)


def mistakes(conf: Path) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        validate.run(conf, "shop", env="dev")
    error = caught.value
    errors = error.errors if isinstance(error, DeclarationErrors) else [error]
    folder = f"{conf / 'pipelines' / 'shop'}/"
    return [f"{(one.where or '').removeprefix(folder)}: {one.message}" for one in errors]


def test_a_label_is_known_after_its_horizon_and_its_maturity(tmp_path: Path) -> None:
    conf = declare(tmp_path, labels__labels_yml=WAITS, labels__labels_sql=UNTIL)
    label = load_pipeline(conf, "shop").labels["gold.labels"]
    assert (label.horizon_days, label.known_after_days) == (7, 10)
    assert validate.run(conf, "shop", env="dev").endswith("no mistakes")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"labels__labels_yml": WAITS, "labels__labels_sql": f"-- :until\n{LABELS_SQL}"},
            "labels/labels.sql:1: the SQL of a label with a maturity needs :until, the last day of "
            "its window",
        ),
        (
            {"features__features_yml": WAITS.replace("gold.labels", "gold.features").replace(
                "horizon: 7 days\n", "")},
            "features/features.yml:5: maturity: only labels, which have a horizon, wait for late "
            "values",
        ),
        (
            {"model_yml": MODEL.replace("{test_days: 7, ", "{embargo: 7 days, ")},
            "model.yml:8: split: embargo needs test_days: without them both sides have the same "
            "days",
        ),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    assert message in mistakes(declare(tmp_path, **changes))


def test_another_maturity_is_another_definition(tmp_path: Path) -> None:
    found = [
        fingerprints(declare(tmp_path, labels__labels_yml=text, labels__labels_sql=UNTIL))
        for text in (LABELS, WAITS, WAITS.replace("3 days", "4 days"))
    ]
    assert len({each["gold.labels"] for each in found}) == 3
    assert len({each["gold.features"] for each in found}) == 1


@dataclass
class Opened:
    """What ``matured_days`` reads of a context."""

    pipeline: Any
    run: Run


def test_performance_is_measured_on_the_day_on_which_labels_are_known(tmp_path: Path) -> None:
    conf = declare(tmp_path, labels__labels_yml=WAITS, labels__labels_sql=UNTIL)
    pipeline = load_pipeline(conf, "shop")
    run = Run("r", "monitor", date(2026, 3, 20), date(2026, 3, 21))
    assert pipeline.model is not None
    days = matured_days(cast(RunContext, Opened(pipeline, run)), pipeline.model)
    assert days == [date(2026, 3, 10), date(2026, 3, 11)]


def test_no_part_asks_for_the_horizon_where_the_day_of_knowledge_is_meant() -> None:
    """The horizon bounds the window; whatever waits for labels waits for both."""
    asks = Counter(
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "lakehouse").rglob("*.py")
        for _ in re.finditer(r"label\w*\]?\.horizon(_days)?\b", file.read_text(encoding="utf-8"))
    )
    assert asks == {"lakehouse/config/checks.py": 1}  # which only demands one


@pytest.mark.spark
def test_a_correction_within_the_maturity_counts_and_a_later_state_does_not(
    spark: SparkSession,
) -> None:
    """ann's state of day 3 is corrected on day 9. bob moves on day 8, after the window. The
    correction of cid's state comes on day 11, too late."""

    def version(name: str, state: str, valid: int, known: int) -> tuple[Any, ...]:
        moments = (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=valid), None)
        return (name, state, *moments, AS_OF + timedelta(days=known))

    rows = spark.createDataFrame(
        [
            version("ann", "wrong", 3, 3),
            version("ann", "right", 3, 9),
            version("bob", "here", 1, 1),
            version("bob", "there", 8, 8),
            version("cid", "first", 2, 2),
            version("cid", "too late", 2, 11),
        ],
        "name string, state string, valid_from timestamp, valid_to timestamp, known_from date",
    )
    history = TableHistory("scd2", ("name", "state"), keys=("name",))
    query = parse(
        "SELECT name, state FROM silver.people", file="labels.sql", inputs=["silver.people"]
    )
    rewritten = rewrite_as_of(query, {"silver.people": history}, window=WINDOW)
    found = bind.run(spark, rewritten, {"silver.people": rows}, {"as_of": AS_OF})
    expected = spark.createDataFrame(
        [("ann", "right"), ("bob", "here"), ("cid", "first")], "name string, state string"
    )
    assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)
