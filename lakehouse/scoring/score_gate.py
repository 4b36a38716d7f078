"""The gate of a day's scores: compared with training before any prediction is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame

from lakehouse.config.model.gates import ModelGates
from lakehouse.errors import GateFailed
from lakehouse.ml.counts import Counts
from lakehouse.ml.psi import stability
from lakehouse.ml.reference import SCORE, Reference
from lakehouse.ml.reference_file import load_reference
from lakehouse.scoring.distribution import count_days, select_scores

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


def refuse_other_scores(
    scored: DataFrame, features: DataFrame, version: ModelVersion, gates: ModelGates
) -> None:
    """Raise GateFailed where a day's scores, or the share of its missing inputs, are beyond the
    declared gates; nothing was written then.

    ``scored`` are the accepted predictions of the days, ``features`` their features. Days are
    checked one by one, and all that fail are named. A version without a reference cannot be
    checked, which is a failed gate too.
    """
    problems = find_problems(scored, features, _reference_of(version), gates)
    if problems:
        raise GateFailed(
            f"the scores of {version.name} v{version.version} were not published: "
            + "; ".join(problems),
            hint="look at the features of these days (`lakehouse monitor` writes their drift to "
            "ops.drift). If the change is real, train again, or change gates in model.yml",
        )


def find_problems(
    scored: DataFrame, features: DataFrame, reference: Reference, gates: ModelGates
) -> list[str]:
    """What is beyond the declared gates, in words, for each day."""
    return [
        *_other_scores(scored, reference, gates.max_score_psi),
        *_missing_inputs(features, reference, gates.max_missing_inputs),
    ]


def _reference_of(version: ModelVersion) -> Reference:
    reference = load_reference(version)
    if reference is None:
        raise GateFailed(
            f"{version.name} v{version.version} was trained without a reference, so its scores "
            "cannot be compared with training, as gates in model.yml ask",
            hint="train again and promote the new version, or remove the gates on scores",
        )
    return reference


def _other_scores(scored: DataFrame, reference: Reference, limit: float | None) -> Iterator[str]:
    if limit is None:
        return
    counted = count_days(select_scores(scored), {SCORE: reference.score})
    for day, counts in counted.items():
        measured = stability(reference.score.counts.parts(), counts[SCORE].parts())
        if measured.exceeds(limit):
            yield f"on {day} their PSI is {measured.psi:.2f}, above {limit:g}"


def _missing_inputs(
    features: DataFrame, reference: Reference, limit: float | None
) -> Iterator[str]:
    if limit is None:
        return
    for day, counts in count_days(features, reference.features).items():
        share = missing_share(counts)
        if share > limit:
            worst = _most_missing(counts)
            yield f"on {day} {share:.1%} of the inputs are missing, above {limit:.1%} ({worst})"


def missing_share(counts: Mapping[str, Counts]) -> float:
    """The share of NULL and NaN among all values of all features of a day."""
    values = sum(column.rows for column in counts.values())
    missing = sum(column.missing + column.nan for column in counts.values())
    return missing / values if values else 0.0


def _most_missing(counts: Mapping[str, Counts]) -> str:
    """``orders 80.0%, spent 75.2%``: the three features with most missing values."""
    shares = {name: missing_share({name: column}) for name, column in counts.items()}
    worst = sorted(shares.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    return ", ".join(f"{name} {share:.1%}" for name, share in worst)
