"""The registered versions of a model, with what a person needs to choose one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse.ml.registry import answering, registered_model


@dataclass(frozen=True)
class ListedVersion:
    """A registered version. ``metrics`` are those of its training run on the hold-out of then, and
    empty where that run is gone."""

    number: int
    aliases: tuple[str, ...]
    trained_at: datetime
    inputs: Mapping[str, int]
    metrics: Mapping[str, float]

    def describe(self, metric: str) -> str:
        """The version with a metric by its name in records:

        ``v3  champion  roc_auc 0.812 [0.790, 0.833]  2026-06-25 10:00 UTC  gold.a v4``."""
        inputs = ", ".join(f"{table} v{number}" for table, number in sorted(self.inputs.items()))
        return (
            f"v{self.number:<4} {', '.join(self.aliases) or '-':<18} "
            f"{self._metric_text(metric):<38} {self.trained_at:%Y-%m-%d %H:%M} UTC  {inputs}"
        ).rstrip()

    def _metric_text(self, metric: str) -> str:
        value = self.metrics.get(f"test_{metric}")
        if value is None:
            return f"{metric} not known"
        low, high = (self.metrics.get(f"test_{metric}_{end}") for end in ("low", "high"))
        interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
        return f"{metric} {value:.3f}{interval}"


def list_versions(name: str) -> list[ListedVersion]:
    """The versions of a registered model, newest first; none if it does not exist.

    Raises RunFailed where the registry does not answer.
    """
    from mlflow import MlflowClient

    known = registered_model(name)
    if known is None:
        return []
    with answering(name):
        found = MlflowClient().search_model_versions(f"name = '{name}'")
        return [
            ListedVersion(
                number=int(version.version),
                aliases=tuple(
                    sorted(a for a, v in known.aliases.items() if v == int(version.version))
                ),
                trained_at=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
                inputs=json.loads(version.tags.get("input_versions") or "{}"),
                metrics=_metrics(str(version.run_id)),
            )
            for version in sorted(found, key=lambda version: -int(version.version))
        ]


def _metrics(run_id: str) -> dict[str, float]:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        return dict(MlflowClient().get_run(run_id).data.metrics)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
