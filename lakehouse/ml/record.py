"""Record a training run in MLflow: parameters, metrics, plots, data and the model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.tasks import TaskName
from lakehouse.errors import RunFailed
from lakehouse.ml.artifact import FILE, TRUSTED_TYPES, digest_of, untrusted_types
from lakehouse.ml.columns import Columns, as_features
from lakehouse.ml.holdout import HoldoutResult
from lakehouse.ml.plots import plots
from lakehouse.ml.sampled import describe_sampling
from lakehouse.ml.select import Validated
from lakehouse.ml.slices.plots import plots_of_parts
from lakehouse.ml.split import Split
from lakehouse.ml.tasks.registry import task_of
from lakehouse.ml.weights import WEIGHT

if TYPE_CHECKING:
    from mlflow.models import ModelSignature
    from mlflow.types import TensorSpec

_REQUIRED = ("scikit-learn", "skops", "numpy", "pandas", "scipy")


@dataclass(frozen=True)
class Provenance:
    """The lineage of a model: the pipeline, and the Delta version of every input table.

    ``known_by`` is the last day of the run: labels that were not known by then are left out.
    """

    pipeline: str
    input_versions: dict[str, int] = field(default_factory=dict)
    git_sha: str = ""
    conf_hash: str = ""
    features_definition: str = ""
    joined_definitions: dict[str, str] = field(default_factory=dict)
    known_by: str = ""

    def tags(self) -> dict[str, str]:
        """The tags of the run and of the registered version."""
        return {
            "pipeline": self.pipeline,
            "input_versions": json.dumps(self.input_versions, sort_keys=True),
            "git_sha": self.git_sha,
            "conf_hash": self.conf_hash,
            "features_definition": self.features_definition,
            "joined_definitions": json.dumps(self.joined_definitions, sort_keys=True),
            "known_by": self.known_by,
        }


def dataset(parts: Split, columns: Columns, model: ModelDecl) -> dict[str, Any]:
    """A description of the training frame: counts, and a digest that a rebuilt frame reproduces.

    ``not_shown`` is there where the hold-out does not show something, ``sampling`` where the
    training side is a sample. Figures of labels are then those of the table.
    """
    entity, label, task = model.entity, model.label_column, task_of(model.task)
    description: dict[str, Any] = {"task": model.task, **parts.days()}
    if parts.not_shown:
        description["not_shown"] = parts.not_shown
    if WEIGHT in parts.train:
        description["sampling"] = describe_sampling(parts.train, model)
    for side, rows in (("train", parts.train), ("test", parts.test)):
        weights = rows[WEIGHT].to_numpy(float) if WEIGHT in rows else np.ones(len(rows))
        labels = task.describe(rows[label], weights)
        description |= {
            f"{side}_rows": len(rows),
            f"{side}_customers": int(rows[entity].nunique()),
            **{f"{side}_{name}": value for name, value in labels.items()},
            f"{side}_digest": _digest(rows, columns, [entity, "as_of", label]),
        }
    features = {"numeric": list(columns.numeric), "categorical": list(columns.categorical)}
    return description | {"features": features}


def _digest(rows: pd.DataFrame, columns: Columns, keys: list[str]) -> str:
    """A hash of the values that does not depend on their types."""
    weights = [name for name in (WEIGHT,) if name in rows]
    plain = as_features(rows, columns).join(rows[keys].astype(str)).join(rows[weights])
    hashed = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashlib.sha256(hashed.tobytes()).hexdigest()


def record_candidates(
    experiment: str, validated: list[Validated], holdout: HoldoutResult, metric: str
) -> None:
    """Log one nested run per candidate, with its parameters and metrics."""
    import mlflow

    for order, candidate in enumerate(validated):
        with mlflow.start_run(experiment_id=experiment, run_name=candidate.name, nested=True):
            mlflow.set_tags({"order": order, "chosen": candidate.name == holdout.chosen})
            mlflow.log_params({"metric": metric, **candidate.params})
            mlflow.log_metrics(candidate_metrics(candidate, holdout))


def candidate_metrics(candidate: Validated, holdout: HoldoutResult) -> dict[str, float]:
    """``cv_mean``, ``cv_se`` and the hold-out metrics of one candidate."""
    tested = {f"test_{name}": value for name, value in holdout.by_candidate[candidate.name].items()}
    return {"cv_mean": candidate.mean, "cv_se": candidate.se, **tested}


def record_test(holdout: HoldoutResult, described: Mapping[str, Any], metric: str) -> None:
    """Log metrics, curves, plots, slices, errors and the description of the data to the active run.

    ``metric`` is the recorded name of the model's metric, which the plots of slices and days show.
    """
    import mlflow

    counts = {name: value for name, value in described.items() if name.endswith("_rows")}
    mlflow.log_metrics(holdout.metrics() | counts)
    mlflow.log_dict(dict(described), "dataset.json")
    mlflow.log_dict(holdout.curves, "curves.json")
    mlflow.log_dict(holdout.importance, "importance.json")
    for name, content in holdout.examined.files().items():
        mlflow.log_dict(content, name)
    drawn = plots(holdout.curves, holdout.importance) | plots_of_parts(holdout.examined, metric)
    for name, figure in drawn.items():
        mlflow.log_figure(figure, f"plots/{name}.png")


def record_model(model: Pipeline, columns: Columns, task: TaskName = "binary") -> tuple[str, str]:
    """Log the model in skops format to the active run; returns its URI and its digest.

    No input example is logged, since it would hold customers' values. Raises RunFailed for a model
    with types outside ``TRUSTED_TYPES``, which scoring would not load.
    """
    import mlflow
    from mlflow.artifacts import download_artifacts

    if types := untrusted_types(model):
        raise RunFailed(
            f"the chosen model cannot be saved: it holds {', '.join(types)}, which are not loaded",
            hint="build candidates of linear models, HistGradientBoosting*, or Bagging* of them, "
            "without functions or lambdas; forests, neighbours and neural networks hold such types",
        )
    logged = mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        skops_trusted_types=TRUSTED_TYPES,
        signature=_signature(columns, task_of(task).output(model)),
        pyfunc_predict_fn=task_of(task).predict_fn,
        pip_requirements=[f"{name}=={installed(name)}" for name in _REQUIRED],
    )
    folder = Path(download_artifacts(logged.model_uri))
    return logged.model_uri, digest_of((folder / FILE).read_bytes(), columns)


def _signature(columns: Columns, output: TensorSpec) -> ModelSignature:
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    numbers = [ColSpec("double", name) for name in columns.numeric]
    categories = [ColSpec("string", name, required=False) for name in columns.categorical]
    return ModelSignature(Schema([*numbers, *categories]), Schema([output]))
