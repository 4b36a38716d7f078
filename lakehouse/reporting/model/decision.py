"""The decision threshold on the model's card, and what it does on the hold-out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.data import Confusion

_RATES = {
    "sensitivity": "Sensitivity (recall)",
    "specificity": "Specificity",
    "precision": "Precision",
    "f1": "F1",
}


def facts_of_decision(facts: RunSummary) -> Iterator[tuple[str, str]]:
    """The threshold, its cost beside the cheaper of two blind decisions, and its rates; each with
    its 95 % interval on the hold-out."""
    metrics, params = facts.metrics, facts.params
    if "threshold" not in metrics:
        return
    yield "Decided as 1", _decided(metrics["threshold"], params)
    blind = {
        who: metrics[name]
        for who in ("nobody", "everybody")
        if (name := f"test_cost_per_row_of_{who}") in metrics
    }
    cost = _with_interval(facts, "cost_per_row", "{:.4g}")
    if cost and blind:
        who = min(blind, key=lambda name: blind[name])
        cost += f"; {blind[who]:.4g} with {who} decided as 1"
    figures = {"Cost per row": cost} | {
        label: _with_interval(facts, name, "{:.3f}") for name, label in _RATES.items()
    }
    yield from ((label, text) for label, text in figures.items() if text)


def _decided(threshold: float, params: Mapping[str, str]) -> str:
    names = ("cost_false_positive", "cost_false_negative")
    if not any(name in params for name in names):
        return f"from {threshold:g} (no costs are declared)"
    costs = (params.get(name, "?") for name in names)
    return "from {:.3f} (a false positive costs {}, a false negative {})".format(threshold, *costs)


def confusion_of_decision(facts: RunSummary) -> Confusion | None:
    """The test rows by label and decision at the threshold."""
    names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    counts = [facts.metrics.get(f"test_{name}") for name in names]
    if any(count is None for count in counts):
        return None
    tn, fp, fn, tp = (int(count or 0) for count in counts)
    return Confusion(("0", "1"), ((tn, fp), (fn, tp)))


def _with_interval(facts: RunSummary, name: str, form: str) -> str:
    key = f"test_{name}"
    if key not in facts.metrics:
        return ""
    ends = [facts.metrics.get(f"{key}_{end}") for end in ("low", "high")]
    text = form.format(facts.metrics[key])
    if any(end is None for end in ends):
        return text
    return f"{text} ({' to '.join(form.format(end) for end in ends)})"
