"""``monitor`` writes drift and performance, raises an alarm once, and asks for a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from staying import ALL, CURRENT, HISTORY, LOADED, MODEL, NAME, ODD, register_model, sales
from till import MON, TUE, WED, Till, command, read, rows, run

from lakehouse.monitoring.retrain import is_requested, request_training, serve_requests
from lakehouse.refresh.outcome import RefreshOutcome, exit_code

THU = "2026-03-05"


@dataclass
class Story:
    """What ``monitor`` answered, and its rows, step by step."""

    till: Till
    outcomes: dict[str, dict[str, RefreshOutcome]] = field(default_factory=dict)
    drift: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def tell(self, spark: SparkSession, step: str, day: str, *steps: str) -> None:
        found = run(self.till, spark, day, steps=steps)
        self.outcomes[step] = {one.table: one for one in found}
        if self.till.shop(spark).opened().context.tables.exists("ops.drift"):
            self.drift[step] = rows(
                self.till, spark, "ops.drift", "day", "version", "column", "kind", "level", "raised"
            )


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Story:
    """Monday as at training, on Tuesday ten more sales of every customer, nothing on Wednesday."""
    till = Till(tmp_path_factory.mktemp("stay")).sales()
    till.model(MODEL, labels=ODD)
    told = Story(till)
    sales(till, MON, 0)
    told.tell(spark, "no champion", MON, *LOADED, "monitor")
    counts = read(till, spark, "gold.activity").toPandas()
    register_model(till, counts, with_reference=False)
    told.tell(spark, "no reference", MON, "monitor")
    register_model(till, counts, with_reference=True)
    told.tell(spark, "as trained", MON, "score", "monitor")
    sales(till, TUE, 10)
    told.tell(spark, "moved", TUE, *ALL)
    told.tell(spark, "again", TUE, "monitor")
    told.tell(spark, "next day", WED, *ALL)
    return told


def test_it_is_skipped_with_a_hint_without_a_champion_and_without_a_reference(story: Story) -> None:
    for step, words in (
        ("no champion", "no champion yet"),
        ("no reference", "v1 was trained without"),
    ):
        outcome = story.outcomes[step]["ops.drift"]
        assert (outcome.status, outcome.error) == ("skipped", None)
        assert words in outcome.message
        assert f"run `lakehouse train --date {MON} --pipeline tiny" in outcome.message


def test_a_day_as_at_training_is_ok(story: Story) -> None:
    assert exit_code(story.outcomes["as trained"].values()) == 0
    assert story.drift["as trained"] == [
        (MON, "2", "n", "numeric", "ok", "False"),
        (MON, "2", "score", "score", "ok", "False"),
    ]


def test_an_alarm_is_written_and_ends_with_one(story: Story) -> None:
    outcome = story.outcomes["moved"]["ops.drift"]
    assert exit_code(story.outcomes["moved"].values()) == 1
    assert outcome.status == "failed"
    assert f"tiny_stay v2 drifts on {TUE}: n (PSI" in outcome.message
    assert story.drift["moved"][2:] == [
        (TUE, "2", "n", "numeric", "alarm", "True"),
        (TUE, "2", "score", "score", "alarm", "True"),
    ]


def test_a_repeat_raises_the_same_alarm_and_doubles_nothing(story: Story) -> None:
    assert exit_code(story.outcomes["again"].values()) == 1
    assert story.drift["again"] == story.drift["moved"]


def test_within_the_cool_down_an_alarm_is_told_and_not_raised(story: Story) -> None:
    outcome = story.outcomes["next day"]["ops.drift"]
    assert (exit_code([outcome]), outcome.status) == (0, "passed")
    assert outcome.alerts[0].startswith(f"drift on {WED}: n (PSI")
    assert [row[-2:] for row in story.drift["next day"][4:]] == [("alarm", "False")] * 2


def test_performance_is_written_once_labels_are_known(story: Story, spark: SparkSession) -> None:
    assert story.outcomes["as trained"]["ops.performance"].status == "skipped"
    found = rows(story.till, spark, "ops.performance", "day", "version", "metric", "rows")
    metrics = ("average_precision", "brier", "label_rate", "log_loss", "roc_auc")
    assert found == sorted((day, "2", name, "60") for day in (MON, TUE) for name in metrics)
    bounds = read(story.till, spark, "ops.performance").where("low <= value AND value <= high")
    assert bounds.count() == len(found)


def test_scores_beyond_the_gate_are_not_published(
    story: Story, spark: SparkSession, tmp_path: Path
) -> None:
    till = story.till.copied(tmp_path)
    till.declare("model.yml", MODEL + "gates: {max_score_psi: 0.25, max_missing_inputs: 0}\n")
    before = [rows(till, spark, table) for table in (HISTORY, CURRENT)]
    outcomes = {one.table: one for one in run(till, spark, THU, steps=("features", "score"))}
    assert exit_code(outcomes.values()) == 1
    assert f"on {THU} their PSI is" in outcomes[HISTORY].message
    assert outcomes[CURRENT].message == f"waits for {HISTORY}"
    assert [rows(till, spark, table) for table in (HISTORY, CURRENT)] == before


def test_an_undone_run_leaves_no_drift(story: Story, spark: SparkSession, tmp_path: Path) -> None:
    till = story.till.copied(tmp_path)
    records = till.shop(spark).runs(f"step = 'monitor' AND date = DATE'{WED}'")
    (run_id,) = {record["run_id"] for record in records}
    assert command(till, spark, "undo", "--run", run_id) == 0
    assert {row[0] for row in rows(till, spark, "ops.drift", "day")} == {MON, TUE}
    assert {row[0] for row in rows(till, spark, "ops.performance", "day")} == {MON}


def test_a_lost_feature_is_named_and_performance_is_still_measured(
    story: Story, spark: SparkSession, tmp_path: Path
) -> None:
    till = story.till.copied(tmp_path)
    path = till.shop(spark).warehouse / "gold" / "activity"
    renamed = read(till, spark, "gold.activity").withColumnRenamed("n", "number")
    renamed.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(
        str(path)
    )
    drift, performance = run(till, spark, WED, steps=["monitor"])
    assert (drift.status, exit_code([drift])) == ("failed", 3)
    assert "no column 'n'" in drift.message
    assert performance.status == "passed"


def test_a_version_without_segments_is_compared_over_all_rows_and_said_so(
    story: Story, spark: SparkSession, tmp_path: Path
) -> None:
    till = story.till.copied(tmp_path)
    till.declare("model.yml", MODEL.replace("cool_down: 2 days", "cool_down: 2 days, by: [n]"))
    outcomes = {one.table: one for one in run(till, spark, WED, steps=["monitor"])}
    assert outcomes["ops.drift"].alerts[-1] == (
        "tiny_stay v2 was trained without segments by n; they are compared after the next training"
    )
    assert {row[0] for row in rows(till, spark, "ops.drift", "segment")} == {None}


def test_maintenance_covers_the_tables_of_monitoring(
    story: Story, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(story.till, spark, "maintain", "--dry-run") == 0
    said = capsys.readouterr().out
    for table in ("ops.drift", "ops.performance", "ops.retrain_requests"):
        assert f"{table}: " in said


def test_a_request_is_open_until_one_training_serves_it(
    story: Story, spark: SparkSession, tmp_path: Path
) -> None:
    till = story.till.copied(tmp_path)
    context = till.shop(spark).opened().context
    asked = rows(till, spark, "ops.retrain_requests", "day", "version", "served_version")
    assert asked == [(TUE, "2", None)]
    assert is_requested(context, NAME)
    day = date.fromisoformat(WED)
    assert not request_training(context, day=day, model=NAME, version=2, reason="open already")
    assert serve_requests(context, model=NAME, version=3) == 1
    assert not is_requested(context, NAME)
    assert serve_requests(context, model=NAME, version=4) == 0
    assert request_training(context, day=day, model=NAME, version=2, reason="drift again")
    served = rows(till, spark, "ops.retrain_requests", "day", "served_version")
    assert served == [(TUE, "3"), (WED, None)]


def test_a_training_that_nobody_asked_for_is_not_run(
    story: Story, spark: SparkSession, tmp_path: Path
) -> None:
    lake = story.till.copied(tmp_path).shop(spark).opened()
    serve_requests(lake.context, model=NAME, version=3)
    assert lake.run("train", date=WED, if_requested=True) == []
