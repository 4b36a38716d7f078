"""A decision is carried out and recorded exactly once, wherever it is killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from memory_log import MemoryLog
from mlflow import MlflowClient
from registered_models import register_model, signed

from lakehouse.errors import LakehouseError, RunFailed
from lakehouse.ml.common_holdout import load_entrant
from lakehouse.ml.promotion_journal import JOURNAL_TAG, carry_out, recover
from lakehouse.ml.registry import Tracking, registered_model, tracking, version_of
from lakehouse.refresh.promotions import Promotion

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def aliases(name: str) -> dict[str, int]:
    known = registered_model(name)
    assert known is not None
    assert JOURNAL_TAG not in known.tags
    return known.aliases


DECISIONS = {
    "promote": Promotion("crash", "promote", 1, 3, "better", signed("now"), {"gain": 0.1}),
    "keep": Promotion("crash", "keep", 1, 3, "no gain", signed("now"), {"gain": 0.0}),
    "rollback": Promotion("crash", "rollback", 1, 2, "it was wrong", signed("now")),
}
AFTER = {
    "promote": {"champion": 3, "previous_champion": 1},
    "keep": {"champion": 1, "previous_champion": 2, "challenger": 3},
    "rollback": {"champion": 2, "challenger": 3},
}
EFFECTS = (
    "set_registered_model_tag",
    "set_registered_model_alias",
    "delete_registered_model_alias",
    "delete_registered_model_tag",
)


class Killed(BaseException):
    """The end of the process."""


class Failpoints:
    """Stops at the n-th side effect, before or after it: a change in MLflow or a record."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.passed = at, after, 0

    def around(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            self.passed += 1
            if self.passed == self.at and not self.after:
                raise Killed
            result = effect(*args, **named)
            if self.passed == self.at:
                raise Killed
            return result

        return run


@pytest.fixture(scope="module")
def three_versions(store: Tracking) -> str:
    first = register_model(store, "crash", "weak")
    for _ in range(2):
        MlflowClient().create_model_version("crash", first.source, run_id=first.run_id)
    return "crash"


def begin(name: str) -> None:
    for alias, version in {"champion": 1, "previous_champion": 2, "challenger": 3}.items():
        MlflowClient().set_registered_model_alias(name, alias, str(version))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("action", DECISIONS)
def test_a_decision_that_is_killed_anywhere_is_finished_and_recorded_once(
    three_versions: str, action: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, was_killed = 0, True
    while was_killed:
        at, log = at + 1, MemoryLog()
        begin(three_versions)
        points = Failpoints(at, after=after)
        with monkeypatch.context() as patch:
            for effect in EFFECTS:
                patch.setattr(MlflowClient, effect, points.around(getattr(MlflowClient, effect)))
            patch.setattr(MemoryLog, "append", points.around(MemoryLog.append))
            try:
                carry_out(DECISIONS[action], log)
                was_killed = False
            except Killed:
                pass
        recovered = recover(three_versions, log)
        began = points.passed > 1 or after
        assert (recovered in (None, DECISIONS[action])) if began else recovered is None
        if began:
            assert log.promotions == [DECISIONS[action]]
            assert aliases(three_versions) == AFTER[action]
        else:
            assert log.promotions == []
            assert aliases(three_versions)["champion"] == 1
    assert at > 4


def test_a_champion_that_changed_meanwhile_is_not_replaced(three_versions: str) -> None:
    begin(three_versions)
    MlflowClient().set_registered_model_alias(three_versions, "champion", "2")
    log = MemoryLog()
    with pytest.raises(RunFailed, match="the champion has changed since the decision"):
        carry_out(DECISIONS["promote"], log)
    assert aliases(three_versions)["champion"] == 2
    assert log.promotions == []


def test_a_store_that_is_down_is_one_error(
    store: Tracking, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = register_model(store, "down", "weak")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    calls: list[Callable[[], object]] = [
        lambda: recover("down", MemoryLog()),
        lambda: version_of("down", 1),
        lambda: load_entrant(version),
        lambda: carry_out(DECISIONS["promote"], MemoryLog()),
    ]
    with tracking("http://127.0.0.1:9"):
        for call in calls:
            with pytest.raises(LakehouseError, match=r"did not answer|cannot be read"):
                call()
