"""The training frame: point-in-time features joined with their labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from pyspark.sql import DataFrame

from lakehouse.config.model.declaration import ModelDecl
from lakehouse.errors import UsageError
from lakehouse.ml.feature_joins import add_joined_features
from lakehouse.ml.sampling import sample_training_rows
from lakehouse.refresh.context import RunContext, days_option
from lakehouse.refresh.day_commits import ranges_of
from lakehouse.refresh.day_definitions import definitions_of

DEFINITION_TAG = "features_definition"
"""The tag of a model version that names the definition of the features it was trained on."""
JOINED_TAG = "joined_definitions"
"""The tag with the definition of each joined feature table, as JSON."""


@dataclass(frozen=True)
class TrainingFrame:
    """Features and label, one row per entity and ``as_of``, with the versions of the input tables
    and the definition of the features (empty where it is not recorded), and that of each table that
    they join."""

    frame: DataFrame
    versions: dict[str, int]
    features_definition: str = ""
    joined_definitions: dict[str, str] = field(default_factory=dict)


def training_frame(
    context: RunContext, model: ModelDecl, versions: dict[str, int] | None = None
) -> TrainingFrame:
    """Features joined with the labels of the same entity and day that are known by the run's end.

    Drafts and deprecated features are left out unless the model names them. Where the model
    declares ``training.max_rows``, training rows are sampled. ``versions`` pins table versions, to
    rebuild the frame of an earlier training. Raises UsageError where there are no features or
    labels yet, and for days of different definitions.
    """
    names = (model.features.table, model.label_table, *model.features.tables[1:])
    positions = context.progress.positions(context.tables, names)
    pinned = {name: position.version for name, position in positions.items()} | (versions or {})
    for name in names:
        if name not in pinned:
            raise UsageError(
                f"{name} has no rows to train on",
                where=context.pipeline.name,
                hint="run it over past days: "
                + context.command("features", days="--start … --end …"),
            )
    known_after = context.pipeline.known_after_days(model)
    features = context.tables.read(names[0], pinned[names[0]])
    if model.features.columns is None:
        features = features.drop(*context.pipeline.features[names[0]].unused)
    labels = context.tables.read(names[1], pinned[names[1]])
    known = f"as_of <= date_sub(DATE'{context.run.end}', {known_after})"
    keys = [model.entity, "as_of"]
    joined = features.join(labels.select(*keys, model.label_column), keys, "inner").where(known)
    days = [row[0] for row in joined.select("as_of").distinct().collect()]
    definition = _check_one_definition(context, names[0], days, 0)
    _check_one_definition(context, names[1], days, known_after)
    others = {
        join.table: _check_joined_definition(context, join.table, days)
        for join in model.features.joins
    }
    if (most := model.training.max_rows) is not None:
        joined = sample_training_rows(joined, model, most=most, horizon_days=known_after)
    joined = add_joined_features(context, joined, model.features, pinned)
    return TrainingFrame(joined.orderBy(*keys), pinned, definition, others)


def _check_joined_definition(context: RunContext, table: str, days: Iterable[date]) -> str:
    """The definition of a joined table's days up to the last of ``days``, empty where it is not
    recorded. Raises UsageError where they have several."""
    last = max(days, default=date.min)
    names = {name for first, _, name in ranges_of(context, table) if first <= last}
    if len(names) > 1:
        raise UsageError(
            f"{table} holds days of {len(names)} definitions",
            where=context.pipeline.name,
            hint="backfill its earlier days: "
            + context.command("features", tables=[table], days="--start … --end …"),
        )
    return next(iter(names), "")


def _check_one_definition(
    context: RunContext, table: str, days: Iterable[date], known_after: int
) -> str:
    """The definition of all these days. Raises UsageError where they differ, with the backfill that
    is needed."""
    by_day = definitions_of(ranges_of(context, table), sorted(days))
    names = set(by_day.values())
    if len(names) <= 1:
        return next(iter(names), None) or ""
    newest = next(reversed(by_day.values()))
    other = [day for day, name in by_day.items() if name != newest]
    first, last = (day + timedelta(days=known_after) for day in (other[0], other[-1]))
    raise UsageError(
        f"{table} holds days of {len(names)} definitions: {len(other)} days from {other[0]} to "
        f"{other[-1]} were computed by another definition than the newest day",
        where=context.pipeline.name,
        hint="backfill them: "
        + context.command("features", tables=[table], days=days_option(first, last)),
    )
