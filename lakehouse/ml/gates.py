"""The gates of a new model: what its hold-out must show before it is registered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import recorded_name
from lakehouse.errors import GateFailed
from lakehouse.ml.declared_candidates import RULE_OF_THUMB
from lakehouse.ml.holdout import HoldoutResult
from lakehouse.ml.slices.examine import metric_of
from lakehouse.ml.slices.gate import slice_faults
from lakehouse.ml.tasks.registry import task_of


def refuse_failed_gates(name: str, holdout: HoldoutResult, model: ModelDecl) -> None:
    """Raise GateFailed with every reason for which the model must not be registered.

    The active run gets the reasons as its tag ``refused``.
    """
    import mlflow

    reasons = failed_gates(holdout, model)
    if reasons:
        mlflow.set_tag("refused", "; ".join(reasons))
        raise GateFailed("; ".join(reasons), where=name, hint=_hint(model))


def _hint(model: ModelDecl) -> str:
    hint = "nothing was registered; the run is in MLflow. Look at the features and the label"
    if model.metric in ("roc_auc", "average_precision"):
        return f"{hint}, train on more days, or compare candidates by metric: neg_log_loss"
    return f"{hint}, or train on more days"


def failed_gates(holdout: HoldoutResult, model: ModelDecl) -> list[str]:
    """The reasons, each a sentence; empty for a model that passes.

    1. The lower bounds of the leads over the dummy are above 0: in ranking (binary), or in the
       declared metric.
    2. The loss is not worse than the dummy's: the Brier score (binary), the log loss (multiclass)
       or the RMSE (regression).
    3. Where ``better_than_rule`` is declared, the lower bound of the lead over the rule of thumb is
       above 0 in the declared metric.
    4. The calibration error of probabilities is at most the declared bound, or within what chance
       alone explains.
    5. No declared slice is certainly worse than the whole by more than the declared gap.
    """
    task, reasons = task_of(model.task), list[str]()
    if model.gates.better_than_dummy:
        reasons += _not_better(holdout, "dummy", task.leads(model.metric))
        reasons += _worse_than_dummy(holdout, task.not_worse)
    if model.gates.better_than_rule:
        metric = recorded_name(model.metric, model.task)
        reasons += _not_better(holdout, RULE_OF_THUMB, [metric])
    reasons += _not_calibrated(holdout, model.gates.max_calibration_error)
    if holdout.examined.slices is not None:
        gate = model.gates.slices
        reasons += slice_faults(holdout.examined.slices, gate, metric_of(gate, model))
    return reasons


def _not_better(holdout: HoldoutResult, baseline: str, metrics: Sequence[str]) -> Iterator[str]:
    leads = {metric: holdout.intervals[f"vs_{baseline}_{metric}"] for metric in metrics}
    if all(lead.low > 0 for lead in leads.values()):
        return
    text = ", ".join(
        f"{metric} {lead.estimate:+.3f} [{lead.low:+.3f}, {lead.high:+.3f}]"
        for metric, lead in leads.items()
    )
    yield (
        f"{holdout.chosen} is not better than the {baseline.replace('_', ' ')} on the hold-out: "
        f"{text} (95 % interval of the difference)"
    )


def _worse_than_dummy(holdout: HoldoutResult, losses: Sequence[str]) -> Iterator[str]:
    """The estimate decides: for a rare label, a useful model gains too little to be certain."""
    for metric in losses:
        lead = holdout.intervals[f"vs_dummy_{metric}"]
        if not lead.estimate >= 0:
            own, dummy = (holdout.by_candidate[name][metric] for name in (holdout.chosen, "dummy"))
            yield (
                f"the {metric} of {holdout.chosen} is worse than the dummy's on the hold-out: "
                f"{own:.3f} against {dummy:.3f} (a lead of {lead.estimate:+.3f} "
                f"[{lead.low:+.3f}, {lead.high:+.3f}])"
            )


def _not_calibrated(holdout: HoldoutResult, bound: float | None) -> Iterator[str]:
    metrics = holdout.by_candidate[holdout.chosen]
    if "calibration_error" not in metrics:
        return
    error, by_chance = metrics["calibration_error"], metrics["calibration_error_by_chance"]
    if bound is not None and not error <= max(bound, by_chance):
        yield (
            f"{holdout.chosen} is not calibrated: its calibration error on the hold-out is "
            f"{error:.3f}, at most {bound:g} is declared (gates.max_calibration_error), and chance "
            f"alone explains {by_chance:.3f}"
        )
