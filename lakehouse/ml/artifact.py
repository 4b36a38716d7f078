"""The artifact of a registered model, verified by its SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lakehouse.config.tasks import TASKS, TaskName
from lakehouse.errors import RunFailed
from lakehouse.ml.columns import Columns

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature
    from sklearn.pipeline import Pipeline

FILE = "model.skops"
DIGEST_TAG = "model_sha256"
TASK_TAG = "task"
# A fixed list. MLflow would read it from the model's folder, where anyone who can change the model
# can extend it.
TRUSTED_TYPES = [
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]

_loaded: dict[str, Pipeline] = {}


@dataclass(frozen=True)
class ModelArtifact:
    """The bytes of a model (a few MB at most), their SHA-256, its feature columns and its task."""

    data: bytes
    digest: str
    columns: Columns
    task: TaskName = "binary"

    def model(self) -> Pipeline:
        """The scikit-learn pipeline, loaded once per process.

        Raises skops' UntrustedTypesFoundException for a type outside ``TRUSTED_TYPES``.
        """
        if self.digest not in _loaded:
            import skops.io

            _loaded[self.digest] = skops.io.loads(self.data, trusted=TRUSTED_TYPES)
        return _loaded[self.digest]


def sha256(data: bytes) -> str:
    """The SHA-256 digest in hexadecimal, as in the version's tag ``model_sha256``."""
    return hashlib.sha256(data).hexdigest()


def load_artifact(version: ModelVersion) -> ModelArtifact:
    """Download a version's artifact.

    Raises RunFailed where it cannot be read or its SHA-256 differs from the registered one.
    """
    from mlflow.models import Model

    with TemporaryDirectory() as folder:
        place = _fetch(version, folder)
        data = (place / FILE).read_bytes()
        signature = Model.load(str(place)).signature
    digest = sha256(data)
    if version.tags.get(DIGEST_TAG) != digest:
        raise RunFailed(
            f"{version.name} v{version.version}: the model's file is not the one that was "
            "registered (its SHA-256 differs), so it was not loaded",
            hint="train again, or promote another version; and find out who changed the file",
        )
    return ModelArtifact(data, digest, _columns(signature), task_of_version(version))


def task_of_version(version: ModelVersion) -> TaskName:
    """The task that a version was trained for; versions without the tag are binary."""
    name = version.tags.get(TASK_TAG, "binary")
    return next(task for task in TASKS if task == name)


def _fetch(version: ModelVersion, folder: str) -> Path:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    uri = f"models:/{version.name}/{version.version}"
    try:
        place = Path(download_artifacts(uri, dst_path=folder))
    except (OSError, MlflowException) as error:
        raise _unreadable(version) from error
    if not (place / FILE).is_file():
        raise _unreadable(version)
    return place


def _unreadable(version: ModelVersion) -> RunFailed:
    return RunFailed(
        f"{version.name} v{version.version}: the model's file cannot be read",
        hint="are the artifacts still where they were logged? Otherwise train again",
    )


def _columns(signature: ModelSignature) -> Columns:
    kinds = {column.name: column.type.name for column in signature.inputs.inputs}
    return Columns(
        numeric=tuple(name for name, kind in kinds.items() if kind == "double"),
        categorical=tuple(name for name, kind in kinds.items() if kind != "double"),
    )
