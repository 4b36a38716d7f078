"""The training frame: features as they were known on past days, with what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from lakehouse.config.declarations import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.layers.lake import Lake


@dataclass(frozen=True)
class TrainingFrame:
    """Rows of ``entity`` and ``as_of`` with features and label, and the versions they came from."""

    frame: DataFrame
    versions: dict[str, int]


def training_frame(
    lake: Lake, model: ModelDecl, versions: dict[str, int] | None = None
) -> TrainingFrame:
    """Features joined with labels of the same entity and day, for labels known by the run's end.

    ``versions`` rebuilds the frame of an earlier training. Raises UsageError when there are no
    features or labels yet.
    """
    names = (model.features.table, model.label_table)
    found = {name: (versions or {}).get(name, lake.tables.version(name)) for name in names}
    pinned = {name: version for name, version in found.items() if version is not None}
    for name in names:
        if name not in pinned:
            raise UsageError(
                f"{name} has no rows to learn from",
                where=lake.pipeline.name,
                hint="run `lakehouse features` over past days first",
            )
    horizon = lake.pipeline.labels[model.label_table].horizon_days
    features = lake.tables.read(names[0], pinned[names[0]])
    labels = lake.tables.read(names[1], pinned[names[1]])
    known = f"as_of <= date_sub(DATE'{lake.run.end}', {horizon})"
    keys = [model.entity, "as_of"]
    joined = features.join(labels.select(*keys, model.label_column), keys, "inner").where(known)
    return TrainingFrame(joined.orderBy(*keys), pinned)
