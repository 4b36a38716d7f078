"""The MLflow tracking store and model registry, with the aliases champion, challenger and
previous_champion."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.errors import LakehouseError, RunFailed, UsageError

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

CHAMPION, CHALLENGER = "champion", "challenger"
PREVIOUS_CHAMPION = "previous_champion"
_STORES = {"mlflow", "requests", "sqlalchemy", "sqlite3", "urllib3"}
"""The packages whose errors are those of the store; an error of another one is not hidden."""

_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}


@dataclass(frozen=True)
class Tracking:
    """An open tracking store; ``artifacts`` is None where the server chooses the location."""

    uri: str
    artifacts: str | None

    def experiment(self, name: str) -> str:
        """The id of the experiment ``name``, which is created if it does not exist."""
        import mlflow

        experiment = mlflow.get_experiment_by_name(name)
        if experiment is not None:
            return str(experiment.experiment_id)
        place = f"{self.artifacts}/{name}" if self.artifacts else None
        return str(mlflow.create_experiment(name, artifact_location=place))


@contextmanager
def tracking(place: str | Path) -> Iterator[Tracking]:
    """Use ``place``, a folder or the URI of a server, for all of MLflow inside the block.

    A folder gets ``mlflow.db`` (SQLite) and ``artifacts``. Telemetry is off, and MLflow logs errors
    only. The first use of a folder creates the tables, which takes some seconds.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    store = _store(str(place))
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    try:
        yield store
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


def _store(place: str) -> Tracking:
    if "://" in place or place.startswith("databricks"):
        return Tracking(place, None)
    folder = Path(place).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return Tracking(f"sqlite:///{folder}/mlflow.db", (folder / "artifacts").as_uri())


def champion(name: str) -> ModelVersion | None:
    """The version that the alias ``champion`` points to; None where there is none.

    Call it once per run and pass the version on, since the alias may move at any time.
    """
    return _get_by_alias(name, CHAMPION)


def challenger(name: str) -> ModelVersion | None:
    """The version that the alias ``challenger`` points to; None where there is none, or where it
    is the champion as well."""
    version, best = _get_by_alias(name, CHALLENGER), champion(name)
    if version is None or (best is not None and best.version == version.version):
        return None
    return version


def _get_by_alias(name: str, alias: str) -> ModelVersion | None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with answering(name):
        try:
            return MlflowClient().get_model_version_by_alias(name, alias)
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise


def version_of(name: str, version: int) -> ModelVersion:
    """A version by its number. Raises UsageError if it does not exist."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with answering(name):
        try:
            return MlflowClient().get_model_version(name, str(version))
        except MlflowException as error:
            if error.error_code not in _ABSENT:
                raise
            raise UsageError(
                f"there is no version {version}", where=name, hint="lakehouse models list"
            ) from error


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Raise RunFailed with the model's name in place of an error of the store: it may be down."""
    try:
        yield
    except LakehouseError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _STORES:
            raise
        raise RunFailed(
            f"the model registry did not answer ({type(error).__name__})",
            where=name,
            hint="nothing was promoted; is the store of the setting 'mlflow' up? Then run the same "
            "command again",
        ) from error


@dataclass(frozen=True)
class Registered:
    """A registered model: the version of each alias, and its tags."""

    aliases: dict[str, int]
    tags: dict[str, str]


def registered_model(name: str) -> Registered | None:
    """The registered model; None if it does not exist."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with answering(name):
        try:
            known = MlflowClient().get_registered_model(name)
        except MlflowException as error:
            if error.error_code in _ABSENT:
                return None
            raise
    aliases = {alias: int(version) for alias, version in dict(known.aliases).items()}
    return Registered(aliases, dict(known.tags))


def input_versions(name: str) -> dict[str, set[int]]:
    """The Delta versions on which the versions of a registered model were trained, by table."""
    from mlflow import MlflowClient

    versions: dict[str, set[int]] = {}
    for version in MlflowClient().search_model_versions(f"name = '{name}'"):
        for table, number in json.loads(version.tags.get("input_versions", "{}")).items():
            versions.setdefault(table, set()).add(int(number))
    return versions


def register(
    name: str, *, model_uri: str, run_id: str, description: str, tags: dict[str, str]
) -> ModelVersion:
    """Register a version of a logged model, without an alias."""
    from mlflow import MlflowClient

    client = MlflowClient()
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name, description=description)
    return client.create_model_version(
        name, model_uri, run_id=run_id, tags=tags, description=description
    )
