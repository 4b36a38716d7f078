"""The file of a model version's reference: ``reference.json`` of its training run.

Its SHA-256 is in a tag of the version, as that of the model is.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lakehouse.errors import RunFailed
from lakehouse.ml.artifact import sha256
from lakehouse.ml.reference import Reference

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

FILE = "reference.json"
DIGEST_TAG = "reference_sha256"


def record_reference(reference: Reference) -> dict[str, str]:
    """Log the reference to the active run; returns the tag for the version."""
    import mlflow

    text = reference.to_json()
    mlflow.log_text(text, FILE)
    return {DIGEST_TAG: sha256(text.encode())}


def load_reference(version: ModelVersion) -> Reference | None:
    """The reference of a version; None where it was trained without one.

    Raises RunFailed where the file cannot be read or its SHA-256 differs from the registered one.
    """
    expected = version.tags.get(DIGEST_TAG)
    if expected is None:
        return None
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with TemporaryDirectory() as folder:
        try:
            place = MlflowClient().download_artifacts(str(version.run_id), FILE, folder)
            data = Path(place).read_bytes()
        except (OSError, MlflowException) as error:
            raise _unusable(version, "cannot be read") from error
    if sha256(data) != expected:
        raise _unusable(version, "is not the one that was registered (its SHA-256 differs)")
    return Reference.from_json(data.decode())


def _unusable(version: ModelVersion, why: str) -> RunFailed:
    return RunFailed(
        f"{version.name} v{version.version}: {FILE} of its training {why}",
        hint="train again, or promote another version",
    )
