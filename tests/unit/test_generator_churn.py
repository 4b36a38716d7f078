"""Churn can be learned from behaviour, but not perfectly: a perfect score would be a leak."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from lakehouse.demo.behaviour import Acts, Behaviour, simulate


def counted(acts: Acts, first: int, last: int, size: int) -> np.ndarray:
    chosen = acts.customer[(acts.day > first) & (acts.day <= last)]
    return np.bincount(chosen, minlength=size)


def seen_on(behaviour: Behaviour, day: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and label of customers with an order in the 56 days up to ``day``."""
    size = len(behaviour.customers)
    orders, sessions = behaviour.orders, behaviour.sessions
    buyers = counted(orders, day - 56, day, size) > 0
    windows = [
        counted(acts, day - n, day, size) for acts in (orders, sessions) for n in (14, 28, 56)
    ]
    churned = counted(orders, day, day + 28, size) == 0
    return np.column_stack(windows)[buyers], churned[buyers]


def test_orders_and_visits_predict_churn_but_not_perfectly() -> None:
    behaviour = simulate(np.random.default_rng(7), customers=2000, days=120, weekday=6)
    known, label = seen_on(behaviour, 57)
    later, outcome = seen_on(behaviour, 89)
    model = LogisticRegression(max_iter=500).fit(np.log1p(known), label)
    score = roc_auc_score(outcome, model.predict_proba(np.log1p(later))[:, 1])
    assert 0.72 < score < 0.9


def test_a_share_of_customers_churns() -> None:
    behaviour = simulate(np.random.default_rng(7), customers=2000, days=120, weekday=6)
    _, label = seen_on(behaviour, 70)
    assert 0.15 < label.mean() < 0.4
