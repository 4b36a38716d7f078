"""Score features with the champion and a challenger: one read, one pass of Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_type
from pyspark.sql.types import StringType, StructField, StructType

from lakehouse.ml.artifact import ModelArtifact, load_artifact
from lakehouse.ml.registry import CHALLENGER, CHAMPION
from lakehouse.scoring.batches import Batches, join_batches
from lakehouse.scoring.outputs import output_fields
from lakehouse.scoring.roles import ROLE
from lakehouse.scoring.score import make_scorer, model_inputs, refuse_missing

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

_OTHER = "_challenger_"


def score_both(
    features: DataFrame,
    champion: ModelVersion,
    challenger: ModelVersion,
    *,
    entity: str,
    carry: Sequence[str] = (),
) -> DataFrame:
    """The rows of ``score`` for both versions, with ``role`` (``champion`` or ``challenger``) after
    the version: two rows for each row of ``features``.

    The predictions of a batch are NULL where the challenger raises an error on it, so that the
    champion's are made all the same. Raises RunFailed for a missing feature column or an artifact
    that is not the registered one, of either version.
    """
    first, second = load_artifact(champion), load_artifact(challenger)
    kept = [entity, "as_of", *carry]
    for version, artifact in ((champion, first), (challenger, second)):
        refuse_missing(features, version, [*kept, *artifact.columns.names])
    outputs = output_fields(first.task)
    more, places = _inputs_of_second(first, second, offset=len(kept))
    schema = StructType(
        [*(features.schema[name] for name in kept), *outputs, StructField(ROLE, StringType())]
    )
    scorer = _make_both(first, second, len(kept), places)
    columns = [*(F.col(name) for name in kept), *model_inputs(first), *more]
    scored = features.select(*columns).mapInArrow(scorer, schema)
    is_champion = F.col(ROLE) == F.lit(CHAMPION)
    numbers = (F.lit(int(version.version)) for version in (champion, challenger))
    return scored.select(
        entity,
        "as_of",
        F.lit(champion.name).alias("model_name"),
        F.when(is_champion, next(numbers)).otherwise(next(numbers)).alias("model_version"),
        ROLE,
        *(field.name for field in outputs),
        *carry,
    )


def _inputs_of_second(
    first: ModelArtifact, second: ModelArtifact, *, offset: int
) -> tuple[list[Column], list[int]]:
    """The inputs that only the second model has, or has in another type, and the place of each of
    its inputs in a batch. Both models read an input that they share from one column."""
    known = {pair: offset + at for at, pair in enumerate(_typed(first))}
    more: list[Column] = []
    places = []
    for pair, column in zip(_typed(second), model_inputs(second), strict=True):
        if pair not in known:
            known[pair] = offset + len(first.columns.names) + len(more)
            more.append(column.alias(_OTHER + pair[0]))
        places.append(known[pair])
    return more, places


def _typed(artifact: ModelArtifact) -> list[tuple[str, bool]]:
    """Each input with whether it is a number."""
    numeric = artifact.columns.numeric
    return [(name, name in numeric) for name in artifact.columns.names]


def _make_both(
    first: ModelArtifact, second: ModelArtifact, kept: int, places: Sequence[int]
) -> Callable[[Batches], Batches]:
    score_first, score_second = make_scorer(first, kept), make_scorer(second, kept)
    of_first = range(kept + len(first.columns.names))
    of_second = [*range(kept), *places]
    kinds = [to_arrow_type(field.dataType) for field in output_fields(first.task)]
    names = [field.name for field in output_fields(first.task)]

    def score_batches(batches: Batches) -> Batches:
        for batch in join_batches(batches):
            for scored in score_first(iter([_select(batch, of_first)])):
                yield _with_role(scored, CHAMPION)
            try:
                challenged = list(score_second(iter([_select(batch, of_second)])))
            except Exception:  # Of any kind: the champion's predictions are made all the same.
                nothing = [pa.nulls(batch.num_rows, kind) for kind in kinds]
                challenged = [
                    pa.RecordBatch.from_arrays(
                        [*batch.columns[:kept], *nothing],
                        names=[*batch.schema.names[:kept], *names],
                    )
                ]
            for scored in challenged:
                yield _with_role(scored, CHALLENGER)

    return score_batches


def _select(batch: pa.RecordBatch, places: Sequence[int]) -> pa.RecordBatch:
    names = batch.schema.names
    return pa.RecordBatch.from_arrays(
        [batch.column(at) for at in places], names=[names[at] for at in places]
    )


def _with_role(batch: pa.RecordBatch, role: str) -> pa.RecordBatch:
    roles = pa.repeat(pa.scalar(role, pa.string()), batch.num_rows)
    return pa.RecordBatch.from_arrays([*batch.columns, roles], names=[*batch.schema.names, ROLE])
