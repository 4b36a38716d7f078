"""A summary of the training run behind a registered version, for a report."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class RunSummary:
    """A version's training run. ``candidates`` is one dict per candidate, the simplest first;
    ``stages`` is what ``stages.describe_stages`` says of the chosen one."""

    name: str
    version: int
    run_id: str
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]
    candidates: list[dict[str, Any]]
    curves: dict[str, Any]
    importance: dict[str, float]
    dataset: dict[str, Any]
    plots: dict[str, Path]
    slices: dict[str, Any] = field(default_factory=dict)
    stability: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, Any] = field(default_factory=dict)
    stages: dict[str, Any] = field(default_factory=dict)


def summarize_run(version: ModelVersion, *, folder: Path) -> RunSummary:
    """Read the run of ``version``; its artifacts are downloaded to ``folder``.

    Parts that the run does not have are empty.
    """
    from mlflow import MlflowClient

    client = MlflowClient()
    run = client.get_run(str(version.run_id))
    folder.mkdir(parents=True, exist_ok=True)
    for path in [item.path for item in client.list_artifacts(run.info.run_id)]:
        client.download_artifacts(run.info.run_id, path, str(folder))
    return RunSummary(
        name=version.name,
        version=int(version.version),
        run_id=run.info.run_id,
        metrics=dict(run.data.metrics),
        params=dict(run.data.params),
        tags={key: value for key, value in run.data.tags.items() if not key.startswith("mlflow.")},
        candidates=_candidates(client, run),
        curves=_json(folder / "curves.json"),
        importance=_json(folder / "importance.json"),
        dataset=_json(folder / "dataset.json"),
        slices=_json(folder / "slices.json"),
        stability=_json(folder / "stability.json"),
        errors=_json(folder / "errors.json"),
        plots={path.stem: path for path in sorted((folder / "plots").glob("*.png"))},
        stages=_json(folder / "stages.json"),
    )


def _candidates(client: MlflowClient, run: Run) -> list[dict[str, Any]]:
    nested = sorted(
        client.search_runs(
            [run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
        ),
        key=lambda run: int(run.data.tags.get("order", 0)),
    )
    return [{"name": run.info.run_name, **run.data.params, **run.data.metrics} for run in nested]


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.is_file() else {}
