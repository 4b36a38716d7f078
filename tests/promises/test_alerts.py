"""Each alarm is posted to the webhook once, and a dead webhook changes nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from staying import LOADED, MODEL, ODD, register_model, sales
from till import MON, TUE, WED, Till, command, read, rows, run
from webhook_server import Webhook, webhook

from lakehouse.monitoring import posting
from lakehouse.refresh.outcome import RefreshOutcome, exit_code

SECRET = "T0P-SECRET"
ALERT = ("day", "kind", "subject", "status", "tries", "problem")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory, privacy_key: str, spark: SparkSession) -> Till:
    """Monday as at training, on Tuesday ten more sales of every customer; not monitored yet."""
    till = Till(tmp_path_factory.mktemp("alerts")).sales()
    till.model(MODEL, labels=ODD)
    settings = till.conf / "test.yml"
    settings.write_text(settings.read_text() + "alert_webhook: ${env:TILL_ALERTS}\n")
    sales(till, MON, 0)
    run(till, spark, MON, steps=LOADED)
    register_model(till, read(till, spark, "gold.activity").toPandas(), with_reference=True)
    sales(till, TUE, 10)
    run(till, spark, TUE, steps=[*LOADED, "score"])
    run(till, spark, WED, steps=LOADED)
    return till


@pytest.fixture
def till(moved: Till, tmp_path: Path) -> Till:
    return moved.copied(tmp_path)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with webhook(f"/{SECRET}") as told:
        monkeypatch.setenv("TILL_ALERTS", told.address)
        yield told


def monitor(till: Till, spark: SparkSession, *days: str) -> dict[str, RefreshOutcome]:
    return {outcome.table: outcome for outcome in run(till, spark, *days, steps=["monitor"])}


def test_an_alarm_is_posted_once_over_repeats_and_within_the_cool_down(
    till: Till, spark: SparkSession, server: Webhook
) -> None:
    outcomes = monitor(till, spark, TUE)
    assert exit_code(outcomes.values()) == 1
    assert outcomes["ops.alerts"].message == "2 of 2 alarms posted to the webhook"
    (message,) = server.messages
    assert (message["model"], message["version"], message["day"]) == ("tiny_stay", 1, TUE)
    assert sorted(alarm["column"] for alarm in message["alarms"]) == ["n", "score"]
    assert all(alarm["psi"] >= 0.25 for alarm in message["alarms"])
    assert "60" not in str(message["alarms"])  # the number of customers
    assert "ops.alerts" not in monitor(till, spark, TUE)
    assert "ops.alerts" not in monitor(till, spark, WED)
    assert len(server.messages) == 1
    posted = rows(till, spark, "ops.alerts", *ALERT)
    assert posted == [(TUE, "drift", name, "posted", "1", None) for name in ("n", "score")]


def test_a_dead_webhook_is_a_warning_and_the_next_run_posts_the_alarm(
    till: Till, spark: SparkSession, server: Webhook, capfd: pytest.CaptureFixture[str]
) -> None:
    server.answers = [503] * 9
    assert command(till, spark, "monitor", "--date", TUE) == 1
    said = capfd.readouterr()
    words = "2 alarms were not posted to the webhook: it answered 503; the next run tries again"
    assert words in said.out + said.err
    problem = rows(till, spark, "ops.alerts", *ALERT)
    assert [row[3:] for row in problem] == [("failed", "3", "it answered 503")] * 2
    assert {row[0] for row in rows(till, spark, "ops.drift", "day", "raised")} == {TUE}
    server.answers = []
    outcomes = monitor(till, spark, WED)
    assert exit_code(outcomes.values()) == 0
    assert [message["day"] for message in server.messages] == [TUE] * 4
    assert len(set(server.keys)) == 1
    assert SECRET not in said.out + said.err
    stored = [file for file in till.home.rglob("*") if file.is_file()]
    assert [file for file in stored if SECRET.encode() in file.read_bytes()] == []


def test_an_address_that_is_not_set_is_a_warning(
    till: Till, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TILL_ALERTS", raising=False)
    outcomes = monitor(till, spark, TUE)
    assert exit_code(outcomes.values()) == 1
    (warning,) = outcomes["ops.alerts"].alerts
    assert "the environment variable TILL_ALERTS is not set" in warning
    assert [row[3:5] for row in rows(till, spark, "ops.alerts", *ALERT)] == [("failed", "0")] * 2


@pytest.mark.parametrize("before", ["post", "record_alerts"])
def test_a_run_that_is_killed_before_it_posts_or_records_loses_no_alarm(
    till: Till,
    spark: SparkSession,
    server: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(posting, before, killed)
        with pytest.raises(SystemExit):
            monitor(till, spark, TUE)
    sent = len(server.messages)
    assert sent == (0 if before == "post" else 1)
    assert "ops.alerts" in monitor(till, spark, TUE)
    assert len(server.messages) == sent + 1
    ids = {alarm["id"] for message in server.messages for alarm in message["alarms"]}
    assert len(ids) == 2
    assert len(set(server.keys)) == 1


def test_what_was_posted_stays_posted_after_an_undo(
    till: Till, spark: SparkSession, server: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor(till, spark, TUE)
    found = till.shop(spark).runs(f"step = 'monitor' AND date = DATE'{TUE}'")
    (run_id,) = {record["run_id"] for record in found}
    assert command(till, spark, "undo", "--run", run_id) == 0
    assert rows(till, spark, "ops.drift", "day") == []
    monitor(till, spark, TUE)
    assert len(server.messages) == 1
    assert command(till, spark, "maintain", "--dry-run") == 0
    assert "ops.alerts: " in capsys.readouterr().out
