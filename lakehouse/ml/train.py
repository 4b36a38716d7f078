"""Trains a declared model: split, cross-validate, choose, test, record, register."""

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

    ``frame`` has one row for each entity and ``as_of``: the entity, the day, the features and
    the label under its declared name (boolean or 0/1; rows without a label are left out). What
    is registered is what was tested: it is not fitted again on the test's rows. One thread:
    the result is then the same on every machine, and a busy one is up to 20 times faster (the
    threads of OpenMP wait for each other by spinning). Raises
    UsageError for too few days or customers, DeclarationError for columns or candidates that
    are invalid, and GateFailed, with the run recorded, when the model does not beat the dummy.
    """
    with threadpool_limits(1):
        work = _select_and_test(frame, model, horizon_days, progress, draws)
    progress("recording the run in MLflow")
    return _record_and_register(work, tracking, provenance)


def _select_and_test(
    frame: pd.DataFrame, model: ModelDecl, horizon_days: int, progress: Progress, draws: int
) -> _Work:
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
    return _Work(model, columns, validated, chosen, fitted[chosen.name], holdout, described)


@dataclass(frozen=True)
class _Work:
    """All that a finished training has to record."""

    model: ModelDecl
    columns: Columns
    validated: list[Validated]
    chosen: Validated
    fitted: Pipeline
    holdout: HoldoutResult
    described: dict[str, Any]


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
        validated.append(
            cross_validate(candidate, training.features, training.labels, folds, model.metric)
        )
        progress(
            f"{candidate.name}: {model.metric} {validated[-1].mean:.3f} ± {validated[-1].se:.3f}"
        )
    return validated


def _record_and_register(work: _Work, tracking: Tracking, provenance: Provenance) -> Trained:
    import mlflow

    name = f"{provenance.pipeline}_{work.model.model}"
    experiment = tracking.experiment(name)
    title = f"{work.chosen.name} to {work.described['test_last_day']}"
    tags = provenance.tags() | {"chosen": work.chosen.name}
    with mlflow.start_run(experiment_id=experiment, run_name=title, tags=tags) as run:
        record.record_candidates(experiment, work.validated, work.holdout, work.model.metric)
        mlflow.log_params(_params(work))
        mlflow.log_metrics({"cv_mean": work.chosen.mean, "cv_se": work.chosen.se})
        record.record_test(work.holdout, work.described)
        if work.model.gates.better_than_dummy:
            refuse_no_better_than_dummy(name, work.holdout)
        uri, digest = record.record_model(work.fitted, work.columns)
    version, first = registry.register(
        name,
        model_uri=uri,
        run_id=run.info.run_id,
        description=work.model.description,
        tags=provenance.tags() | {DIGEST_TAG: digest, "chosen": work.chosen.name},
    )
    return _summarize(work, name, int(version.version), run.info.run_id, first)


def _params(work: _Work) -> dict[str, Any]:
    split_params = {f"split_{key}": value for key, value in work.model.split}
    days = {key: value for key, value in work.described.items() if key.endswith("_day")}
    settings = {"chosen": work.chosen.name, "metric": work.model.metric}
    return settings | work.chosen.params | split_params | days


def _summarize(work: _Work, name: str, version: int, run_id: str, first: bool) -> Trained:
    rows = [
        {
            "name": candidate.name,
            "chosen": candidate.name == work.chosen.name,
            **candidate.params,
            **record.candidate_metrics(candidate, work.holdout),
        }
        for candidate in work.validated
    ]
    metrics = work.holdout.metrics() | {"cv_mean": work.chosen.mean, "cv_se": work.chosen.se}
    return Trained(name, version, run_id, work.chosen.name, first, metrics, rows)
