"""A new version meets the champion; a decision is carried out and recorded exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from mlflow import MlflowClient
from registered_models import DECL, HORIZON, register_model, signed, training_rows

from lakehouse.errors import LakehouseError, RunFailed, UsageError
from lakehouse.ml.challenge import FIRST, challenge, meet
from lakehouse.ml.common_holdout import common_holdout, load_entrant
from lakehouse.ml.promotion import Decision
from lakehouse.ml.promotion_journal import JOURNAL_TAG, MemoryLog, carry_out, recover
from lakehouse.ml.registry import Tracking, registered_model, tracking, version_of
from lakehouse.ml.split import is_held_out
from lakehouse.refresh.promotions import Promotion

pytestmark = pytest.mark.slow

ROWS = training_rows()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


def met(name: str, version: str, log: MemoryLog, rows: pd.DataFrame = ROWS) -> Decision:
    return challenge(
        version_of(name, int(version)),
        rows,
        DECL,
        horizon_days=HORIZON,
        log=log,
        signed=signed(f"run-{len(log.promotions)}"),
        draws=200,
    )


def aliases(name: str) -> dict[str, int]:
    known = registered_model(name)
    assert known is not None
    assert JOURNAL_TAG not in known.tags
    return known.aliases


def test_the_first_is_champion_a_better_one_follows_and_the_same_again_stays_challenger(
    store: Tracking,
) -> None:
    log, name = MemoryLog(), "follows"
    register_model(store, name, "weak")
    assert met(name, "1", log) == Decision(True, (FIRST,))
    assert aliases(name) == {"champion": 1}
    register_model(store, name, "strong")
    assert met(name, "2", log).promoted
    assert aliases(name) == {"champion": 2, "previous_champion": 1}
    register_model(store, name, "strong")
    decision = met(name, "3", log)
    assert "does not exceed the minimum of 0.005" in decision.describe()
    assert "challenger 2 on this hold-out" in decision.describe()
    assert aliases(name) == {"champion": 2, "previous_champion": 1, "challenger": 3}
    done = [(one.action, one.from_version, one.to_version) for one in log.read(name)]
    assert done == [("promote", None, 1), ("promote", 1, 2), ("keep", 2, 3)]
    assert {one.signed.decided_by for one in log.promotions} == {"ann"}
    assert [one.numbers.get("meeting") for one in log.promotions] == [None, 1, 2]


def test_a_champion_whose_inputs_are_gone_stays_and_it_is_one_error(store: Tracking) -> None:
    log, name = MemoryLog(), "gone"
    for feature in ("weak", "strong"):
        register_model(store, name, feature)
    met(name, "1", log)
    with pytest.raises(RunFailed, match=r"gone v2: it stays challenger.*gone v1: it needs the col"):
        met(name, "2", log, ROWS.drop(columns="weak"))
    assert aliases(name) == {"champion": 1, "challenger": 2}
    assert "no comparison was possible: gone v1: it needs the column 'weak'" in (
        log.promotions[-1].reason
    )


def test_the_rows_are_those_that_neither_was_trained_on(store: Tracking) -> None:
    register_model(store, "rows", "weak", share=0.3, until="2026-01-08")
    register_model(store, "rows", "strong", share=0.5, until="2026-01-22")
    both = [load_entrant(version_of("rows", number)) for number in (1, 2)]
    common = common_holdout(ROWS, DECL, both, horizon_days=HORIZON)
    assert set(common["as_of"].astype(str)) == {"2026-02-05"}
    people = {one for one in ROWS["customer_id"] if is_held_out(one, 0.3)}
    assert set(common["customer_id"]) == people
    late = [both[0], replace(both[1], trained_until=ROWS["as_of"].max())]
    with pytest.raises(UsageError, match="no hold-out row is common to rows v1 and rows v2"):
        common_holdout(ROWS, DECL, late, horizon_days=HORIZON)


def test_only_meetings_on_these_days_make_the_next_one_harder(store: Tracking) -> None:
    for feature in ("weak", "strong"):
        register_model(store, "days", feature)
    both = [version_of("days", number) for number in (1, 2)]
    log = [
        Promotion("days", "keep", 1, 2, "", signed("a"), {"first_day": day, "last_day": day})
        for day in ("2026-01-29", "2026-02-05", "2026-02-12")
    ]
    log.append(Promotion("days", "promote", 1, 2, "by hand", signed("b")))
    decision = meet(*both, ROWS, DECL, horizon_days=HORIZON, earlier=log, draws=50)
    assert decision.numbers["meeting"] == 2


def test_a_version_without_its_training_run_cannot_be_compared(store: Tracking) -> None:
    version = register_model(store, "unknown", "weak", until="some day")
    with pytest.raises(RunFailed, match="does not say which rows it was trained on"):
        load_entrant(version)


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
