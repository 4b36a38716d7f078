"""Carry out a decision: move the aliases in MLflow, and record it in ``ops.promotions``.

No transaction covers both. The decision is therefore first noted in a tag of the registered model;
then the aliases are moved, the record is appended, and the tag is deleted. Each part can be
repeated, so that whoever finds the tag finishes what a killed run began.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lakehouse.errors import RunFailed
from lakehouse.ml.registry import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS_CHAMPION,
    answering,
    registered_model,
)
from lakehouse.refresh.promotions import Promotion

if TYPE_CHECKING:
    from mlflow import MlflowClient

JOURNAL_TAG = "lakehouse_decision"


class DecisionLog(Protocol):
    """Where decisions are recorded: ``PromotionTable``."""

    def read(self, model: str) -> list[Promotion]:
        """The decisions on a registered model, oldest first."""

    def append(self, promotion: Promotion) -> None:
        """Record a decision."""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other decisions away."""


def carry_out(promotion: Promotion, log: DecisionLog) -> None:
    """Carry out a decision and record it.

    Raises RunFailed, with nothing changed, where the champion is not ``from_version`` any more, and
    where the registry does not answer.
    """
    with log.locked(), answering(promotion.model):
        known = registered_model(promotion.model)
        now = known.aliases.get(CHAMPION) if known else None
        if promotion.moves_champion and now != promotion.from_version:
            raise RunFailed(
                "the champion has changed since the decision, so nothing was promoted",
                where=promotion.model,
                hint="run the same command again",
            )
        _client().set_registered_model_tag(
            promotion.model, JOURNAL_TAG, json.dumps(_with_text_of_time(promotion))
        )
        _finish(promotion, log, is_recorded=False)


def recover(model: str, log: DecisionLog) -> Promotion | None:
    """Finish the decision that a killed run left unfinished, and return it; None without one.

    Raises RunFailed where the registry does not answer.
    """
    with answering(model):
        known = registered_model(model)
        if known is None or JOURNAL_TAG not in known.tags:
            return None
        with log.locked():
            known = registered_model(model)
            text = known.tags.get(JOURNAL_TAG) if known else None
            if text is None:
                return None
            promotion = Promotion.from_row(json.loads(text))
            recorded = {done.signed.run_id for done in log.read(model)}
            _finish(promotion, log, is_recorded=promotion.signed.run_id in recorded)
            return promotion


def _finish(promotion: Promotion, log: DecisionLog, *, is_recorded: bool) -> None:
    _move_aliases(promotion)
    if not is_recorded:
        log.append(promotion)
    _client().delete_registered_model_tag(promotion.model, JOURNAL_TAG)


def _move_aliases(promotion: Promotion) -> None:
    """Move the aliases. ``previous_champion`` goes first, so that there is a way back at any time.

    A rollback removes it: the same command again then has nowhere to go, instead of going back to
    the version that was rolled back.
    """
    model, client = promotion.model, _client()
    known = registered_model(model)
    aliases = known.aliases if known else {}
    if not promotion.moves_champion:
        client.set_registered_model_alias(model, CHALLENGER, str(promotion.to_version))
        return
    if promotion.action == "promote" and promotion.from_version is not None:
        client.set_registered_model_alias(model, PREVIOUS_CHAMPION, str(promotion.from_version))
    client.set_registered_model_alias(model, CHAMPION, str(promotion.to_version))
    if promotion.action == "rollback" and PREVIOUS_CHAMPION in aliases:
        client.delete_registered_model_alias(model, PREVIOUS_CHAMPION)
    if aliases.get(CHALLENGER) == promotion.to_version:
        client.delete_registered_model_alias(model, CHALLENGER)


def _with_text_of_time(promotion: Promotion) -> dict[str, object]:
    return promotion.to_row() | {"decided_at": promotion.signed.decided_at.isoformat()}


def _client() -> MlflowClient:
    from mlflow import MlflowClient

    return MlflowClient()
