"""Score sets of parameters of a candidate on one fold, and prepare the rows once for all of them.

Mapping numbers to quantiles takes two thirds of the fit of the linear candidate, and is the same
for each ``model__C``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline

from lakehouse.ml.candidates import Candidate
from lakehouse.ml.fitting import Fitting, is_dummy
from lakehouse.ml.stages import SELECT
from lakehouse.ml.weights import fit_params, score_rows

if TYPE_CHECKING:
    from lakehouse.ml.sides import Side
    from lakehouse.ml.tasks.task import Scorer

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Fold:
    """The rows that are trained on and those that are validated."""

    train: Side
    test: Side


def score_fold(
    fitting: Fitting, candidate: Candidate, sets: Sequence[Params], fold: Fold, scorer: Scorer
) -> Iterator[float]:
    """The score of each set of parameters, as if each were fitted alone.

    Calibration prepares the rows anew for each of its own folds, so nothing is shared there.
    """
    steps = candidate.pipeline.steps
    if fitting.training.calibration or len(steps) == 1 or is_dummy(candidate.pipeline):
        for params in sets:
            model = fitting.fit(candidate, params, fold.train)
            yield score_rows(scorer, model, fold.test)
        return
    known: tuple[Any, Fold] | None = None
    for params in sets:
        pipeline = fitting.staged(candidate, params)
        others = _of_preparation(params, steps[-1][0])
        if known is None or known[0] != others:
            known = others, _prepare(fitting, pipeline, fold)
        weighted = fit_params(pipeline, fitting.weights(fold.train))
        rows = known[1]
        model = Pipeline(pipeline.steps[-1:]).fit(
            rows.train.features, rows.train.labels, **weighted
        )
        yield score_rows(scorer, model, rows.test)


def _of_preparation(params: Params, model: str) -> list[tuple[str, int]]:
    """What the steps before the model depend on. Values of a grid are compared by identity, since
    they can be anything, such as estimators and arrays."""
    return [
        (name, id(value))
        for name, value in sorted(params.items(), key=lambda pair: pair[0])
        if not name.startswith(f"{model}__")
    ]


def _prepare(fitting: Fitting, pipeline: Pipeline, fold: Fold) -> Fold:
    """Both parts with prepared columns, fitted on the first alone."""
    before, weights = pipeline[:-1], fitting.weights(fold.train)
    is_weighted = SELECT in before.named_steps and weights is not None
    weighted = {f"{SELECT}__sample_weight": weights} if is_weighted else {}
    train = before.fit_transform(fold.train.features, fold.train.labels, **weighted)
    test = before.transform(fold.test.features)
    return Fold(fold.train._replace(features=train), fold.test._replace(features=test))
