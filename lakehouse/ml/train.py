"""Train a declared model: split, cross-validate, select, test, record, register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.errors import DeclarationError
from lakehouse.ml import record, registry
from lakehouse.ml.artifact import DIGEST_TAG
from lakehouse.ml.columns import Columns, as_features, columns_of
from lakehouse.ml.declared_candidates import load_candidates, place
from lakehouse.ml.holdout import HoldoutResult, evaluate_holdout, refuse_no_better_than_dummy
from lakehouse.ml.record import Provenance
from lakehouse.ml.reference import Reference, make_reference, scores_of
from lakehouse.ml.reference_file import record_reference
from lakehouse.ml.registry import Tracking
from lakehouse.ml.select import (
    Validated,
    cross_validate,
    folds_by_customer,
    simplest_within_one_standard_error,
)
from lakehouse.ml.split import Split, split

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Trained:
    """A registered model. ``candidates`` is one dict per candidate, the simplest first."""

    name: str
    version: int
    run_id: str
    candidate: str
    champion: bool
    metrics: dict[str, float]
    candidates: list[dict[str, Any]]


class _Side(NamedTuple):
    """One side of the split, ready for scikit-learn."""

    features: pd.DataFrame
    labels: pd.Series
    customers: pd.Series


def train(
    frame: pd.DataFrame,
    model: ModelDecl,
    *,
    tracking: Tracking,
    provenance: Provenance,
    horizon_days: int,
    progress: Progress = lambda _: None,
    draws: int = 1000,
) -> Trained:
    """Train ``model`` on ``frame`` and register it as ``<pipeline>_<model>``.

    ``frame`` has one row per entity and ``as_of``: the entity, the day, the features and the label
    under its declared name (boolean or 0/1; rows without a label are left out). The registered
    model is the tested one: it is not refitted on the hold-out. Training uses one thread: results
    are then the same on every machine, and a busy machine is up to 20 times faster, since OpenMP's
    threads wait by spinning. Raises UsageError for too few days or customers, DeclarationError for
    invalid columns or candidates, and GateFailed, with the run recorded, for a model that does not
    beat the dummy.
    """
    with threadpool_limits(1):
        result = _select_and_test(frame, model, horizon_days, progress, draws)
    progress("recording the run in MLflow")
    return _record_and_register(result, tracking, provenance)


def _select_and_test(
    frame: pd.DataFrame, model: ModelDecl, horizon_days: int, progress: Progress, draws: int
) -> _TrainingResult:
    columns, parts = _split(frame, model, horizon_days)
    training, test = (_side(rows, columns, model) for rows in (parts.train, parts.test))
    progress(f"{len(training.labels):,} rows to train on, {len(test.labels):,} to test on")
    validated = _cross_validate_all(model, columns, training, progress)
    chosen = simplest_within_one_standard_error(validated)
    progress(f"{chosen.name} is the simplest within one standard error; testing it")
    fitted = {
        candidate.name: candidate.fit(training.features, training.labels) for candidate in validated
    }
    holdout = evaluate_holdout(fitted, chosen.name, *test, metric=model.metric, draws=draws)
    described = record.dataset(parts, columns, entity=model.entity, label=model.label_column)
    scores = scores_of(fitted[chosen.name], test.features)
    reference = make_reference(training.features, training.customers, columns, scores)
    return _TrainingResult(
        model, columns, validated, chosen, fitted[chosen.name], holdout, described, reference
    )


@dataclass(frozen=True)
class _TrainingResult:
    """The result of a training, to be recorded and registered."""

    model: ModelDecl
    columns: Columns
    validated: list[Validated]
    chosen: Validated
    fitted: Pipeline
    holdout: HoldoutResult
    described: dict[str, Any]
    reference: Reference


def _split(frame: pd.DataFrame, model: ModelDecl, horizon_days: int) -> tuple[Columns, Split]:
    label, where = model.label_column, place(model.file, "label")
    for name in (model.entity, "as_of", label):
        if name not in frame:
            raise DeclarationError(f"the training frame has no column '{name}'", where=where)
    labelled = frame[frame[label].notna()]
    labelled = labelled.assign(**{label: labelled[label].astype(float)})
    if not labelled[label].isin([0, 1]).all():
        raise DeclarationError(f"the label '{label}' is neither boolean nor 0/1", where=where)
    parts = split(
        labelled,
        entity=model.entity,
        label=label,
        test_days=model.split.test_days,
        test_customers=model.split.test_customers,
        every=model.split.every,
        horizon_days=horizon_days,
    )
    names = model.features.columns or frame.columns.difference([model.entity, "as_of", label])
    return columns_of(parts.train, names, where=place(model.file, "features")), parts


def _side(rows: pd.DataFrame, columns: Columns, model: ModelDecl) -> _Side:
    labels = rows[model.label_column].astype(int)
    return _Side(as_features(rows, columns), labels, rows[model.entity])


def _cross_validate_all(
    model: ModelDecl, columns: Columns, training: _Side, progress: Progress
) -> list[Validated]:
    folds = folds_by_customer(training.labels, training.customers)
    validated = []
    for candidate in load_candidates(model.candidates, columns, file=model.file).values():
        progress(f"cross-validating {candidate.name}")
        scores = cross_validate(candidate, training.features, training.labels, folds, model.metric)
        progress(f"{candidate.name}: {model.metric} {scores.mean:.3f} ± {scores.se:.3f}")
        validated.append(scores)
    return validated


def _record_and_register(
    result: _TrainingResult, tracking: Tracking, provenance: Provenance
) -> Trained:
    import mlflow

    name = f"{provenance.pipeline}_{result.model.model}"
    experiment = tracking.experiment(name)
    title = f"{result.chosen.name} to {result.described['test_last_day']}"
    tags = provenance.tags() | {"chosen": result.chosen.name}
    with mlflow.start_run(experiment_id=experiment, run_name=title, tags=tags) as run:
        record.record_candidates(experiment, result.validated, result.holdout, result.model.metric)
        mlflow.log_params(_params(result))
        mlflow.log_metrics({"cv_mean": result.chosen.mean, "cv_se": result.chosen.se})
        record.record_test(result.holdout, result.described)
        if result.model.gates.better_than_dummy:
            refuse_no_better_than_dummy(name, result.holdout)
        uri, digest = record.record_model(result.fitted, result.columns)
        frozen = record_reference(result.reference)
    version, first = registry.register(
        name,
        model_uri=uri,
        run_id=run.info.run_id,
        description=result.model.description,
        tags=provenance.tags() | {DIGEST_TAG: digest, "chosen": result.chosen.name} | frozen,
    )
    return _summarize(result, name, int(version.version), run.info.run_id, first)


def _params(result: _TrainingResult) -> dict[str, Any]:
    split_params = {f"split_{key}": value for key, value in result.model.split}
    days = {key: value for key, value in result.described.items() if key.endswith("_day")}
    settings = {"chosen": result.chosen.name, "metric": result.model.metric}
    return settings | result.chosen.params | split_params | days


def _summarize(
    result: _TrainingResult, name: str, version: int, run_id: str, first: bool
) -> Trained:
    rows = [
        {
            "name": candidate.name,
            "chosen": candidate.name == result.chosen.name,
            **candidate.params,
            **record.candidate_metrics(candidate, result.holdout),
        }
        for candidate in result.validated
    ]
    metrics = result.holdout.metrics() | {"cv_mean": result.chosen.mean, "cv_se": result.chosen.se}
    return Trained(name, version, run_id, result.chosen.name, first, metrics, rows)
