"""Whether the declared candidates can be fitted as ``training`` in ``model.yml`` declares."""

from __future__ import annotations

from collections.abc import Mapping

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import DeclarationError
from lakehouse.ml.candidates import Candidate
from lakehouse.ml.declared_candidates import place
from lakehouse.ml.fitting import is_dummy


def check_candidates(candidates: Mapping[str, Candidate], model: ModelDecl) -> None:
    """Raise DeclarationError for candidates that cannot weight rows where ``training`` does, and
    for those without a preparation where it adds stages after it."""
    training, pipelines = model.training, {n: c.pipeline for n, c in candidates.items()}
    if training.needs_weights:
        _refuse(
            [name for name, pipeline in pipelines.items() if not _takes_weights(pipeline)],
            "take no sample_weight, which training.max_rows and training.class_weight need",
            model,
        )
    if training.select_features or training.pca:
        _refuse(
            [
                name
                for name, pipeline in pipelines.items()
                if len(pipeline.steps) == 1 and not is_dummy(pipeline)
            ],
            "have no step before the model, after which training.select_features and training.pca "
            "would come",
            model,
        )


def _takes_weights(pipeline: Pipeline) -> bool:
    """A regressor behind a transformed label is given the weights that the label's wrapper is."""
    model = pipeline.steps[-1][1]
    if isinstance(model, TransformedTargetRegressor):
        model = model.regressor
    return bool(has_fit_parameter(model, "sample_weight"))


def _refuse(names: list[str], problem: str, model: ModelDecl) -> None:
    if names:
        raise DeclarationError(
            f"candidates that {problem}: {', '.join(names)}",
            where=place(model.file, "candidates"),
            hint="leave these candidates or keys out",
        )
