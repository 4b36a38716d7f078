"""The model's card, from what its training run recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.data import Calibration, Interval, MetricRow, ModelCard
from lakehouse.reporting.numbers import exact, long_day

_NAMES = {"roc_auc": "ROC AUC", "average_precision": "average precision"}
_ALSO = (
    ("test_lift_top_decile", "Lift of the top tenth", "{:.2f}"),
    ("test_brier", "Brier score", "{:.3f}"),
    ("test_calibration_error", "Calibration error", "{:.3f}"),
)
_WITH_DUMMY = ("test_brier",)
BASELINES = ("dummy", "linear")


def model_card(facts: RunSummary, description: str = "") -> ModelCard:
    """The card of a registered version; parts that its run does not have are left out."""
    chosen = facts.params.get("chosen") or facts.tags.get("chosen", "")
    first = facts.params.get("metric", "")
    order = sorted(_NAMES, key=lambda name: name != first)
    rows = [row for row in (_metric(facts, name, chosen) for name in order) if row.candidates]
    return ModelCard(
        name=facts.name,
        version=str(facts.version),
        description=description,
        candidate=chosen,
        metrics=tuple(rows),
        facts=tuple(_facts(facts)),
        calibration=tuple(
            Calibration(float(group["score"]), float(group["rate"]), int(group["rows"]))
            for group in facts.curves.get("calibration", [])
        ),
        importance=tuple(facts.importance.items()),
    )


def _metric(facts: RunSummary, metric: str, chosen: str) -> MetricRow:
    key = f"test_{metric}"
    rows = []
    for candidate in facts.candidates:
        if key not in candidate:
            continue
        name, known = str(candidate["name"]), candidate["name"] == chosen
        ends = _ends(facts, key) if known else (None, None)
        rows.append(Interval(name.replace("_", " "), float(candidate[key]), *ends, chosen=known))
    leads = (_lead(facts, base, metric) for base in BASELINES if base != chosen)
    return MetricRow(_NAMES[metric], tuple(rows), tuple(lead for lead in leads if lead))


def _lead(facts: RunSummary, base: str, metric: str) -> Interval | None:
    name = f"vs_{base}_{metric}"
    if name not in facts.metrics:
        return None
    return Interval(f"over {base}", facts.metrics[name], *_ends(facts, name), chosen=True)


def _ends(facts: RunSummary, name: str) -> tuple[float | None, float | None]:
    return facts.metrics.get(f"{name}_low"), facts.metrics.get(f"{name}_high")


def _facts(facts: RunSummary) -> Iterator[tuple[str, str]]:
    known = facts.dataset
    if "train_last_day" in known:
        rows = exact(known.get("train_rows"))
        yield "Trained on", f"{rows} rows, days to {_day(known['train_last_day'])}"
    if "test_last_day" in known:
        customers = exact(known.get("test_customers"))
        span = f"{_day(known.get('test_first_day'))} to {_day(known['test_last_day'])}"
        yield "Tested on", f"{customers} others, {span}"
    for key, label, form in _ALSO:
        if key in facts.metrics:
            yield label, form.format(facts.metrics[key]) + _beside(facts, key, form)


def _beside(facts: RunSummary, key: str, form: str) -> str:
    """The dummy's figure for a loss, which alone says little: `` (0.037 for the dummy)``."""
    dummy = facts.metrics.get(f"dummy_{key}") if key in _WITH_DUMMY else None
    return "" if dummy is None else f" ({form.format(dummy)} for the dummy)"


def _day(text: object) -> str:
    try:
        return long_day(date.fromisoformat(str(text)[:10]))
    except ValueError:
        return str(text)
