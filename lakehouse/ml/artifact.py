"""The artifact of a registered model, verified by its SHA-256."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

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
# can extend it. Calibrators are plain Python that calls the estimator inside. Not in the list:
# sklearn.tree._tree.Tree, whose node numbers are used unchecked as positions in memory.
TRUSTED_TYPES = [
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
]

_NOT_LOADED = ", so it was not loaded"
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

        Raises RunFailed for data that skops cannot read, such as a pickle, which is not run, and
        for a type outside ``TRUSTED_TYPES``.
        """
        if self.digest not in _loaded:
            import skops.io
            from skops.io.exceptions import UntrustedTypesFoundException

            try:
                _loaded[self.digest] = skops.io.loads(self.data, trusted=TRUSTED_TYPES)
            except UntrustedTypesFoundException as error:
                raise RunFailed(
                    f"the model holds types outside the trusted list{_NOT_LOADED}"
                ) from error
            except Exception as error:
                raise RunFailed(f"skops cannot read the model{_NOT_LOADED}") from error
        return _loaded[self.digest]


def untrusted_types(model: Pipeline) -> list[str]:
    """The types in a fitted model outside ``TRUSTED_TYPES``, sorted; it would not be loaded."""
    import skops.io

    found = skops.io.get_untrusted_types(data=skops.io.dumps(model))
    return sorted(set(found) - set(TRUSTED_TYPES))


def sha256(data: bytes) -> str:
    """The SHA-256 digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(data: bytes, columns: Columns) -> str:
    """The digest of a version's tag ``model_sha256``: that of the file, ``:``, that of the columns
    and their types, which are in another file."""
    return f"{sha256(data)}:{sha256(repr((columns.numeric, columns.categorical)).encode())}"


def load_artifact(version: ModelVersion) -> ModelArtifact:
    """Download a version's artifact and load the model from it.

    Raises RunFailed where it cannot be read, differs from what was registered, or would be loaded
    by anything but skops with the fixed list of types.
    """
    from mlflow.models import Model

    with TemporaryDirectory() as folder:
        place = _fetch(version, folder)
        data = (place / FILE).read_bytes()
        try:
            described = Model.load(str(place))
            columns = _columns(described.signature)
        except Exception as error:
            raise _unreadable(version) from error
    _refuse_another_digest(version, data, columns)
    _refuse_another_loader(version, dict(described.flavors.get("sklearn") or {}))
    artifact = ModelArtifact(data, sha256(data), columns, task_of_version(version))
    try:
        artifact.model()
    except RunFailed as error:
        raise _refused(version, error.message) from error
    return artifact


def _refuse_another_digest(version: ModelVersion, data: bytes, columns: Columns) -> None:
    """A version that was registered without a digest of its columns has the first part only."""
    registered = version.tags.get(DIGEST_TAG) or ""
    expected = digest_of(data, columns)
    if registered != (expected if ":" in registered else sha256(data)):
        raise _refused(
            version,
            "the model's file is not the one that was registered (its SHA-256 differs)"
            + _NOT_LOADED,
        )


def task_of_version(version: ModelVersion) -> TaskName:
    """The task that a version was trained for; versions without the tag are binary."""
    name = version.tags.get(TASK_TAG, "binary")
    return next(task for task in TASKS if task == name)


def _refuse_another_loader(version: ModelVersion, flavor: dict[str, Any]) -> None:
    """MLflow's own description must not ask for another format, file or list of types. It is not
    followed here, but it is by whatever else loads the model."""
    wider = sorted(set(flavor.get("skops_trusted_types") or ()) - set(TRUSTED_TYPES))
    if flavor.get("serialization_format") != "skops" or flavor.get("pickled_model") != FILE:
        raise _refused(version, f"its folder does not describe {FILE} in skops format{_NOT_LOADED}")
    if wider:
        raise _refused(version, f"its folder trusts more types than the library{_NOT_LOADED}")


def _refused(version: ModelVersion, message: str) -> RunFailed:
    return RunFailed(
        f"{version.name} v{version.version}: {message}",
        hint="train again, or promote another version; and find out who changed the file",
    )


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
