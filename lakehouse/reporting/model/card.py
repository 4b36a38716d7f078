"""The model's card, from what its training run recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from lakehouse.config.tasks import TASKS, TaskName
from lakehouse.ml.run_summary import RunSummary
from lakehouse.reporting.data import Calibration, Confusion, Interval, MetricRow, ModelCard
from lakehouse.reporting.model.decision import confusion_of_decision, facts_of_decision
from lakehouse.reporting.model.examined import examined
from lakehouse.reporting.model.metric_names import LOSSES, METRIC_NAMES
from lakehouse.reporting.model.training import facts_of_training
from lakehouse.reporting.numbers import exact, long_day

_ONLY_IF_CHOSEN = ("brier", "log_loss")
"""Of a binary model, whose ranking is shown."""
_ALSO = (
    ("test_lift_top_decile", "Lift of the top tenth", "{:.2f}"),
    ("test_brier", "Brier score", "{:.3f}"),
    ("test_calibration_error", "Calibration error", "{:.3f}"),
    ("test_accuracy", "Accuracy", "{:.3f}"),
    ("test_mean_error", "Mean error", "{:+.4g}"),
)
_WITH_DUMMY = ("test_brier",)
BASELINES = ("dummy", "linear", "rule_of_thumb")


def model_card(facts: RunSummary, description: str = "") -> ModelCard:
    """The card of a registered version; parts that its run does not have are left out."""
    chosen = facts.params.get("chosen") or facts.tags.get("chosen", "")
    rows = [_metric(facts, name, chosen) for name in _shown(facts)]
    rows = [row for row in rows if row.candidates]
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
        actual=tuple(
            Calibration(float(group["score"]), float(group["rate"]), int(group["rows"]))
            for group in facts.curves.get("actual", [])
        ),
        confusion=_confusion(facts),
        examined=examined(facts, metric=_shown(facts)[0], chosen=chosen),
    )


def _shown(facts: RunSummary) -> list[str]:
    """The metrics of the run's task, the one that chose the model first."""
    task, declared = facts.params.get("task", "binary"), facts.params.get("metric", "")
    metrics = {str(name): key for name, key in TASKS[_task(task)].metrics.items()}
    first = metrics.get(declared)
    hidden = _ONLY_IF_CHOSEN if task == "binary" else ()
    names = [name for name in metrics.values() if name == first or name not in hidden]
    return sorted(names, key=lambda name: name != first)


def _task(name: str) -> TaskName:
    return next((task for task in TASKS if task == name), "binary")


def _confusion(facts: RunSummary) -> Confusion | None:
    known = facts.curves.get("confusion")
    if known is None:
        return confusion_of_decision(facts)
    rows = tuple(tuple(int(count) for count in row) for row in known["rows"])
    return Confusion(tuple(known["classes"]), rows)


def _metric(facts: RunSummary, metric: str, chosen: str) -> MetricRow:
    key = f"test_{metric}"
    rows = []
    for candidate in facts.candidates:
        if key not in candidate:
            continue
        name, known = str(candidate["name"]), candidate["name"] == chosen
        ends = _ends(facts, key) if known else (None, None)
        rows.append(Interval(name.replace("_", " "), float(candidate[key]), *ends, chosen=known))
    if (rule := facts.metrics.get(f"rule_of_thumb_{key}")) is not None:
        rows.append(Interval("rule of thumb", rule))
    leads = (_lead(facts, base, metric) for base in BASELINES if base != chosen)
    better = "lower" if metric in LOSSES else "higher"
    return MetricRow(
        METRIC_NAMES[metric], tuple(rows), tuple(lead for lead in leads if lead), better
    )


def _lead(facts: RunSummary, base: str, metric: str) -> Interval | None:
    name = f"vs_{base}_{metric}"
    if name not in facts.metrics:
        return None
    label = f"over {base.replace('_', ' ')}"
    return Interval(label, facts.metrics[name], *_ends(facts, name), chosen=True)


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
    yield from facts_of_training(facts)
    yield from facts_of_decision(facts)
    if "not_shown" in known:
        yield "Not shown", str(known["not_shown"])
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
