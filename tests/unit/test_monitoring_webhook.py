"""The webhook of alerts: what is tried again, what is said of a failure, and where it is set."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from webhook_server import Webhook, webhook

from lakehouse.config.model.monitoring import ModelMonitoring
from lakehouse.config.settings import Settings, load_settings
from lakehouse.errors import DeclarationError, UsageError
from lakehouse.monitoring.alert_messages import group_alarms, make_message
from lakehouse.monitoring.alerts import Alarm
from lakehouse.monitoring.webhook import Delivery, post
from lakehouse.monitoring.webhook_address import resolve_address

MON, TUE = date(2026, 3, 2), date(2026, 3, 3)
MESSAGE = {"id": "m1", "text": "n drifts"}
SOON = (0.01, 0.01)
SECRET = "T0P-SECRET"


@pytest.fixture(autouse=True)
def directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the proxy of the environment."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Webhook]:
    with webhook() as told:
        yield told


def test_a_message_is_posted_once_as_json_with_its_key(server: Webhook) -> None:
    assert post(server.address, MESSAGE, key="m1", pauses=SOON) == Delivery(1)
    assert (server.messages, server.keys, server.methods) == ([MESSAGE], ["m1"], ["POST"])


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_busy_webhook_is_tried_again(server: Webhook, status: int) -> None:
    server.answers = [status]
    assert post(server.address, MESSAGE, key="m1", pauses=SOON) == Delivery(2)
    assert server.keys == ["m1", "m1"]


def test_a_webhook_that_stays_down_is_given_up(server: Webhook) -> None:
    server.answers = [500] * 9
    delivery = post(server.address, MESSAGE, key="m1", pauses=SOON)
    assert delivery == Delivery(3, "it answered 500")
    assert len(server.messages) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_final(server: Webhook, status: int) -> None:
    server.answers = [status] * 9
    delivery = post(server.address, MESSAGE, key="m1", pauses=SOON)
    assert delivery == Delivery(1, f"it answered {status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_a_redirect_is_not_followed(server: Webhook, status: int) -> None:
    server.answers = [status]
    assert post(server.address, MESSAGE, key="m1", pauses=()).problem == f"it answered {status}"
    assert server.methods == ["POST"]


def test_a_server_that_is_silent_or_drips_costs_no_more_than_the_time_limit(
    server: Webhook,
) -> None:
    for server.waits, server.slow_headers in ((3.0, 0), (0.0, 30)):
        begin = time.monotonic()
        delivery = post(server.address, MESSAGE, key="m1", seconds=0.4, pauses=())
        assert time.monotonic() - begin < 1.5
        assert delivery.problem.startswith("no answer within 0.4 s")


def test_a_dead_webhook_is_described_without_its_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/{SECRET}"
    delivery = post(address, MESSAGE, key="m1", pauses=SOON)
    assert delivery == Delivery(3, "it cannot be reached (ConnectionRefusedError)")
    for odd in ("http://[", f"http://a b/{SECRET}", f"http://host:x{SECRET}/"):
        problem = post(odd, MESSAGE, key="m1", pauses=()).problem
        assert problem.startswith("it cannot be reached")
        assert SECRET not in problem


def test_an_address_is_written_out_or_referred_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "webhook"
    file.write_text("https://hooks.example/x\n")
    monkeypatch.setenv("ALERTS", "https://hooks.example/y")
    assert resolve_address("https://hooks.example/z") == "https://hooks.example/z"
    assert resolve_address(f"${{file:{file}}}") == "https://hooks.example/x"
    assert resolve_address("${env:ALERTS}") == "https://hooks.example/y"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("${env:NOT_SET}", "variable NOT_SET is not set"),
        ("${file:nowhere}", "file nowhere cannot be read"),
        ("${env:ALERTS}", "does not refer to an address"),
    ],
)
def test_a_reference_to_no_address_is_named_without_what_it_holds(
    reference: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTS", f"ftp://{SECRET}")
    with pytest.raises(UsageError, match=words) as error:
        resolve_address(reference)
    assert SECRET not in str(error.value)


def declared(tmp_path: Path, value: str) -> Path:
    (tmp_path / "dev.yml").write_text(f"threads: 2\nalert_webhook: {value}\n")
    return tmp_path


def test_the_setting_is_checked_and_never_shown(tmp_path: Path) -> None:
    conf = declared(tmp_path, f"https://hooks.example/{SECRET}")
    settings = load_settings(conf, pipeline="shop", env="dev")
    assert settings.alert_webhook == f"https://hooks.example/{SECRET}"
    assert SECRET not in repr(settings)
    conf = declared(tmp_path, f"hooks.example/{SECRET}")
    with pytest.raises(
        DeclarationError, match=r"dev\.yml:2: alert_webhook: not the address"
    ) as bad:
        load_settings(conf, pipeline="shop", env="dev")
    assert SECRET not in str(bad.value)


def test_on_the_command_line_it_is_a_reference(tmp_path: Path) -> None:
    conf = declared(tmp_path, "${env:ALERTS}")
    changed = {"alert_webhook": "${env:OTHER}"}
    settings = load_settings(conf, pipeline="shop", env="dev", changes=changed)
    assert settings.alert_webhook == "${env:OTHER}"
    changed = {"alert_webhook": f"https://hooks.example/{SECRET}"}
    with pytest.raises(DeclarationError, match="give a reference") as error:
        load_settings(conf, pipeline="shop", env="dev", changes=changed)
    assert SECRET not in str(error.value)


def alarm(name: str, day: date = MON, segment: str | None = None) -> Alarm:
    numbers = {"psi": 0.41237, "reason": "psi"}
    return Alarm(f"id-{name}", day, "shop_stay", 3, "drift", name, segment, numbers)


def test_a_message_says_what_drifts_and_no_number_of_rows() -> None:
    settings = Settings(pipeline="shop", env="prod", conf_dir=Path("conf"))
    slower = Alarm(
        "id-auc", MON, "shop_stay", 3, "performance", "roc_auc",
        numbers={"value": 0.6, "low": 0.55, "high": 0.65, "holdout_low": 0.7, "holdout_high": 0.8},
    )  # fmt: skip
    alarms = [alarm("n"), alarm("n2", segment="plan=basic"), slower]
    message = make_message(alarms, settings, ModelMonitoring())
    assert message.pop("id") == make_message(alarms, settings, ModelMonitoring())["id"]
    assert message == {
        "text": "shop (prod): shop_stay v3, 2026-03-02: n drifts (PSI 0.41), n2 within plan=basic "
        "drifts (PSI 0.41), roc_auc 0.550 to 0.650 is worse than at the hold-out",
        "pipeline": "shop",
        "env": "prod",
        "model": "shop_stay",
        "version": 3,
        "day": "2026-03-02",
        "thresholds": {"warn": 0.1, "alarm": 0.25},
        "alarms": [
            {"id": "id-n", "kind": "drift", "column": "n", "psi": 0.4124, "reason": "psi"},
            {"id": "id-n2", "kind": "drift", "column": "n2", "segment": "plan=basic",
             "psi": 0.4124, "reason": "psi"},
            {"id": "id-auc", "kind": "performance", "metric": "roc_auc", "value": 0.6,
             "low": 0.55, "high": 0.65, "holdout_low": 0.7, "holdout_high": 0.8},
        ],
    }  # fmt: skip


def test_alarms_of_a_day_and_version_share_a_message() -> None:
    alarms = [alarm("a", TUE), alarm("b"), alarm("c")]
    assert [[one.subject for one in group] for group in group_alarms(alarms)] == [["b", "c"], ["a"]]
