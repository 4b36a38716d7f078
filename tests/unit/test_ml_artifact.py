"""A model is loaded from its checked file, by skops, with the library's own list of types."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cloudpickle
import pytest
import skops.io
import yaml
from registered_models import register_model
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from lakehouse.errors import RunFailed
from lakehouse.ml import artifact
from lakehouse.ml.artifact import DIGEST_TAG, FILE, TRUSTED_TYPES, digest_of, load_artifact, sha256
from lakehouse.ml.columns import Columns
from lakehouse.ml.record import record_model
from lakehouse.ml.registry import Tracking, tracking

pytestmark = pytest.mark.slow

COLUMNS = Columns(numeric=("weak",), categorical=())
RAN: list[str] = []


class Bomb:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return RAN.append, ("ran",)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracking]:
    with tracking(tmp_path_factory.mktemp("mlflow")) as opened:
        yield opened


@pytest.fixture(scope="module")
def registered(store: Tracking) -> Any:
    return register_model(store, "whole", "weak")


@pytest.fixture
def version(store: Tracking, registered: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The version; its folder is as it was again afterwards, and nothing is loaded yet."""
    monkeypatch.setattr(artifact, "_loaded", {})
    place = folder(store)
    copy = place.parent / "copy"
    shutil.copytree(place, copy)
    yield SimpleNamespace(
        name=registered.name, version=registered.version, tags=dict(registered.tags)
    )
    shutil.rmtree(place)
    copy.rename(place)


def folder(store: Tracking) -> Path:
    root = Path(str(store.artifacts).removeprefix("file://"))
    return next(file.parent for file in root.rglob("MLmodel") if file.parent.name == "artifacts")


def describe(store: Tracking, **changes: Any) -> None:
    """Change the description of how scikit-learn's model is loaded."""
    file = folder(store) / "MLmodel"
    described = yaml.safe_load(file.read_text())
    described["flavors"]["sklearn"] |= changes
    file.write_text(yaml.safe_dump(described))


def put(store: Tracking, version: Any, data: bytes) -> None:
    """Replace the file, and its registered digest too: the attacker can do both."""
    (folder(store) / FILE).write_bytes(data)
    version.tags[DIGEST_TAG] = digest_of(data, COLUMNS)


def test_the_registered_model_is_loaded(store: Tracking, version: Any) -> None:
    found = load_artifact(version)
    assert found.columns == COLUMNS
    assert found.digest == sha256((folder(store) / FILE).read_bytes())
    # A version that was registered with the digest of its file alone.
    version.tags[DIGEST_TAG] = found.digest
    assert load_artifact(version) == found


def test_a_changed_byte_is_refused(store: Tracking, version: Any) -> None:
    file = folder(store) / FILE
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(RunFailed, match="whole v1: the model's file is not the one that was reg"):
        load_artifact(version)


def test_changed_columns_are_refused(store: Tracking, version: Any) -> None:
    file = folder(store) / "MLmodel"
    text = file.read_text()
    assert '"name": "weak"' in text
    file.write_text(text.replace('"name": "weak"', '"name": "strong"'))
    with pytest.raises(RunFailed, match="its SHA-256 differs"):
        load_artifact(version)


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_a_pickle_is_refused_and_does_not_run(store: Tracking, version: Any, dumps: Any) -> None:
    put(store, version, dumps(Bomb()))
    with pytest.raises(RunFailed, match="skops cannot read the model, so it was not loaded"):
        load_artifact(version)
    assert RAN == []


@pytest.mark.parametrize("form", ["pickle", "cloudpickle"])
def test_a_description_as_a_pickle_is_refused(store: Tracking, version: Any, form: str) -> None:
    describe(store, serialization_format=form)
    with pytest.raises(RunFailed, match=r"does not describe model\.skops in skops format"):
        load_artifact(version)


@pytest.mark.parametrize("path", ["../model.skops", "/tmp/model.skops", "other/model.skops"])  # noqa: S108
def test_a_path_outside_the_folder_is_refused(store: Tracking, version: Any, path: str) -> None:
    describe(store, pickled_model=path)
    with pytest.raises(RunFailed, match=r"does not describe model\.skops in skops format"):
        load_artifact(version)


def test_a_widened_list_of_types_is_refused(store: Tracking, version: Any) -> None:
    describe(store, skops_trusted_types=[*TRUSTED_TYPES, "builtins.eval"])
    with pytest.raises(RunFailed, match="its folder trusts more types than the library"):
        load_artifact(version)


def test_a_type_outside_the_list_is_refused_whatever_the_folder_trusts(
    store: Tracking, version: Any
) -> None:
    model = make_pipeline(FunctionTransformer(json.dumps), LogisticRegression())
    put(store, version, skops.io.dumps(model))
    with pytest.raises(RunFailed, match="the model holds types outside the trusted list"):
        load_artifact(version)


def test_an_artifact_that_is_gone_is_one_error(store: Tracking, version: Any) -> None:
    (folder(store) / FILE).unlink()
    with pytest.raises(RunFailed, match="whole v1: the model's file cannot be read"):
        load_artifact(version)


def test_a_model_that_would_not_be_loaded_is_not_saved() -> None:
    forest = RandomForestClassifier(n_estimators=2).fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(RunFailed, match=r"cannot be saved: it holds sklearn\.tree\._tree\.Tree, "):
        record_model(make_pipeline(forest), COLUMNS)
