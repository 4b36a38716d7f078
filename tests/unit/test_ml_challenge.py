"""A new version meets the champion on the rows that neither was trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from memory_log import MemoryLog
from registered_models import DECL, HORIZON, register_model, signed, training_rows

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import RunFailed, UsageError
from lakehouse.ml.challenge import FIRST, challenge, meet
from lakehouse.ml.common_holdout import common_holdout, load_entrant
from lakehouse.ml.promotion import Decision
from lakehouse.ml.promotion_journal import JOURNAL_TAG
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


def test_a_champion_whose_inputs_have_another_type_stays_and_no_value_is_told(
    store: Tracking,
) -> None:
    log, name = MemoryLog(), "retyped"
    for feature in ("weak", "strong"):
        register_model(store, name, feature)
    met(name, "1", log)
    with pytest.raises(RunFailed, match="retyped v1: it cannot score the features") as raised:
        met(name, "2", log, ROWS.assign(weak="secret"))
    assert "secret" not in str(raised.value) + log.promotions[-1].reason
    assert aliases(name) == {"champion": 1, "challenger": 2}


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


def test_a_better_challenger_that_fails_in_a_slice_stays_challenger(store: Tracking) -> None:
    """In the west the labels are random: better on the whole, but of no use there."""
    people = ROWS["customer_id"].str[1:].astype(int)
    rows = ROWS.assign(region=np.where(people % 6 == 0, "west", "east"))
    by_chance = np.random.default_rng(2).random(len(rows)) < 0.5
    rows["churned"] = np.where(rows["region"] == "west", by_chance, rows["churned"])
    log, name = MemoryLog(), "sliced"
    for feature in ("weak", "strong", "strong"):
        register_model(store, name, feature)
    gate = {"slices": {"max_gap": 0.1, "min_customers": 20}}
    fields = {**DECL.model_dump(), "slices": ["region"], "gates": gate, "file": DECL.file}
    sliced = ModelDecl.model_validate(fields)
    met(name, "1", log, rows)
    how: dict[str, Any] = {"horizon_days": HORIZON, "log": log, "draws": 200}
    decision = challenge(version_of(name, 2), rows, sliced, signed=signed("a"), **how)
    assert not decision.promoted
    (reason,) = decision.reasons
    assert reason.startswith("the slice region: west (")
    assert (log.promotions[-1].action, log.promotions[-1].reason) == ("keep", reason)
    assert log.promotions[-1].numbers["slices"]["failed"] == [reason]
    assert aliases(name) == {"champion": 1, "challenger": 2}
    open_ = ModelDecl.model_validate({**fields, "gates": {}})
    assert challenge(version_of(name, 3), rows, open_, signed=signed("b"), **how).promoted


def test_a_version_without_its_training_run_cannot_be_compared(store: Tracking) -> None:
    version = register_model(store, "unknown", "weak", until="some day")
    with pytest.raises(RunFailed, match="does not say which rows it was trained on"):
        load_entrant(version)
