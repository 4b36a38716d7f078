"""Hold-outs and challengers whose true gain over the champion is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

from lakehouse.ml.promotion import Contender, Decision, decide

RATE, PER_ENTITY = 0.3, 3
CHAMPION = 0.75


@dataclass(frozen=True)
class HoldOut:
    """Rows of entities, three of each, whose labels and scores agree within an entity.

    A score is ``μ · label`` plus a normal variable of variance 1: a part that all models share, a
    part of each model and entity, a part of each row. Its ROC AUC is therefore ``Φ(μ / √2)``
    exactly, and the probability that belongs to it is known, so that every model is calibrated.
    """

    labels: Any
    entities: Any
    shared: Any

    @classmethod
    def drawn(cls, rng: np.random.Generator, entities: int = 120) -> HoldOut:
        """Labels of 30 % ones: a row has its entity's label or, in a fifth of cases, another."""
        place = np.repeat(np.arange(entities), PER_ENTITY)
        of_entity = rng.random(entities) < RATE
        changed = rng.random(place.size) < 0.2
        labels = np.where(changed, rng.random(place.size) < RATE, of_entity[place])
        return cls(labels.astype(float), place, 0.6 * rng.normal(size=entities)[place])

    def contender(self, rng: np.random.Generator, auc: float) -> Contender:
        """A model whose true ROC AUC is ``auc``."""
        mean = norm.ppf(auc) * np.sqrt(2)
        by_entity = 0.4 * rng.normal(size=self.entities.max() + 1)[self.entities]
        rest = np.sqrt(1 - 0.6**2 - 0.4**2) * rng.normal(size=self.labels.size)
        score = mean * self.labels + self.shared + by_entity + rest
        return Contender("model", expit(mean * score - mean**2 / 2 + logit(RATE)))

    def decision(self, champion: Contender, challenger: Contender, **how: Any) -> Decision:
        """The decision on ROC AUC."""
        return decide(self.labels, self.entities, champion, challenger, metric="roc_auc", **how)


def single(seed: int, *, gain: float, min_gain: float, draws: int) -> Decision:
    """A challenger on a hold-out of its own."""
    rng = np.random.default_rng(seed)
    rows = HoldOut.drawn(rng)
    both = [rows.contender(rng, auc) for auc in (CHAMPION, CHAMPION + gain)]
    return rows.decision(*both, min_gain=min_gain, draws=draws)


def family(seed: int, *, size: int, min_gain: float, draws: int) -> list[Decision]:
    """Challengers of which each meets the same champion on the same hold-out, one after another,
    with a true gain that equals the minimum."""
    rng = np.random.default_rng(seed)
    rows = HoldOut.drawn(rng)
    champion = rows.contender(rng, CHAMPION)
    return [
        rows.decision(
            champion,
            rows.contender(rng, CHAMPION + min_gain),
            min_gain=min_gain,
            meeting=meeting,
            draws=draws,
        )
        for meeting in range(1, size + 1)
    ]
