"""What an MLflow run recorded of its training frame, to build the same frame again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lakehouse.errors import RunFailed, UsageError

DIGESTS = ("train_digest", "test_digest")


@dataclass(frozen=True)
class RecordedFrame:
    """The versions of the input tables, the day by which labels were known, the hashes of both
    sides of the split, and what the frame was made with (``git_sha``, ``conf_hash``)."""

    run_id: str
    pipeline: str
    versions: Mapping[str, int]
    known_by: date
    digests: Mapping[str, str]
    made_with: Mapping[str, str]


def read_recorded_frame(run_id: str) -> RecordedFrame:
    """Read it from the open tracking store.

    Raises UsageError for an unknown run and for one that recorded no frame, RunFailed where the
    store does not answer.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient()
    try:
        tags = dict(client.get_run(run_id).data.tags)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise UsageError(
                f"MLflow has no run '{run_id}'",
                where="--rebuild",
                hint="take the run_id of a training run, as MLflow and `models list` show it",
            ) from error
        raise RunFailed("the MLflow store did not answer", where="--rebuild") from error
    dataset = _read_dataset(run_id)
    if not tags.get("known_by") or not all(dataset.get(name) for name in DIGESTS):
        raise UsageError(
            f"run '{run_id}' recorded no training frame that can be built again",
            where="--rebuild",
            hint="it must be a run of `lakehouse train`, by this version of the library or later",
        )
    return RecordedFrame(
        run_id=run_id,
        pipeline=tags.get("pipeline", ""),
        versions={n: int(v) for n, v in json.loads(tags.get("input_versions", "{}")).items()},
        known_by=date.fromisoformat(tags["known_by"]),
        digests={name: dataset[name] for name in DIGESTS},
        made_with={name: tags.get(name, "") for name in ("git_sha", "conf_hash")},
    )


def _read_dataset(run_id: str) -> dict[str, Any]:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    with TemporaryDirectory() as folder:
        try:
            place = download_artifacts(run_id=run_id, artifact_path="dataset.json", dst_path=folder)
            found: dict[str, Any] = json.loads(Path(place).read_text())
        except (OSError, MlflowException):
            return {}
    return found
