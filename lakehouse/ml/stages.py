"""Optional stages between the preparation and the model: selected columns, principal components.

They are steps of the candidate's pipeline, so that they are fitted on the rows that the model is
fitted on, in each fold and at last, and are saved inside the model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from lakehouse.config.model.training import ModelTraining
from lakehouse.ml.candidates import SEED

SELECT, COMPONENTS, CALIBRATED = "most_important", "principal_components", "calibrated"
_TREES: dict[str, Any] = {
    "n_estimators": 50,
    "max_depth": 8,
    "min_samples_leaf": 20,
    "random_state": SEED,
}


def add_stages(pipeline: Pipeline, training: ModelTraining) -> Pipeline:
    """The pipeline with the declared stages before its last step, all unfitted."""
    stages: list[tuple[str, Any]] = []
    if training.select_features is not None:
        trees = ExtraTreesClassifier if is_classifier(pipeline) else ExtraTreesRegressor
        most = training.select_features.max
        select = SelectFromModel(trees(**_TREES), threshold=-np.inf, max_features=most)
        stages.append((SELECT, select))
    if training.pca is not None:
        # Without a common scale, the column with the largest unit would be the first component.
        components = PCA(training.pca.variance, svd_solver="full")
        scaled = Pipeline([("scale", StandardScaler()), ("components", components)])
        stages.append((COMPONENTS, scaled))
    return Pipeline([*pipeline.steps[:-1], *stages, pipeline.steps[-1]]) if stages else pipeline


def freeze_selection(pipeline: Pipeline) -> Pipeline:
    """The fitted pipeline, with the numbers of the kept columns in place of the trees that chose
    them.

    The trees are not needed any more, and skops does not trust the type that holds them: a changed
    file could make it read outside of its memory.
    """
    steps = [
        (name, _keep(step) if isinstance(step, SelectFromModel) and name == SELECT else step)
        for name, step in pipeline.steps
    ]
    return Pipeline(steps)


def _keep(fitted: SelectFromModel) -> ColumnTransformer:
    support = fitted.get_support()
    kept = ColumnTransformer([("kept", "passthrough", np.flatnonzero(support).tolist())])
    return kept.fit(np.zeros((1, len(support))))


def describe_stages(model: Pipeline, features: Iterable[str]) -> dict[str, Any]:
    """What the stages of a fitted model keep: ``features`` (those of which a prepared column is
    kept, in their order), ``columns`` and ``components`` (counts), ``calibration``."""
    described: dict[str, Any] = {}
    if CALIBRATED in model.named_steps:
        calibrated = model.named_steps[CALIBRATED]
        described["calibration"] = calibrated.method
        model = calibrated.calibrated_classifiers_[0].estimator
    if isinstance(kept := model.named_steps.get(SELECT), ColumnTransformer):
        places = kept.transformers_[0][2]
        described["columns"] = {"kept": len(places), "of": kept.n_features_in_}
        described["features"] = _kept_features(model, places, list(features))
    if (reduced := model.named_steps.get(COMPONENTS)) is not None:
        components = reduced.named_steps["components"]
        described["components"] = int(components.n_components_)
        explained = components.explained_variance_ratio_.sum()
        described["explained_variance"] = round(float(explained), 6)
    return described


def _kept_features(model: Pipeline, places: list[int], features: list[str]) -> list[str] | None:
    """None where the preparation does not name its columns."""
    before = model[: list(model.named_steps).index(SELECT)]
    try:
        names = before.get_feature_names_out()
    except (AttributeError, ValueError):
        return None
    known = {feature_of(str(names[place]), features) for place in places}
    return [feature for feature in features if feature in known]


def feature_of(column: str, features: Collection[str]) -> str | None:
    """The feature that a prepared column is made of: ``segment`` of ``categories__segment_a``.

    Levels are cut off, since they are values of rows. None where no feature has such a name.
    """
    while column:
        bare = column.removeprefix("missingindicator_")
        matching = [name for name in features if bare == name or bare.startswith(f"{name}_")]
        if matching:
            return max(matching, key=len)
        column = column.partition("__")[2]  # After the name of a step, such as numbers.
    return None
