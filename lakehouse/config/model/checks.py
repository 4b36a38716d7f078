"""Checks of a model against the tables that it names; every error has its file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from lakehouse.config.input_check import check_input
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.yaml_file import Document
from lakehouse.errors import DeclarationError

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline

Errors = Iterator[DeclarationError]


def check_model(
    pipeline: Pipeline, documents: Mapping[str, Document], unread: Collection[str]
) -> Errors:
    """Every inconsistency of the model with the pipeline's tables; none without a model."""
    if pipeline.model is None:
        return
    document, model = documents["model"], pipeline.model
    labels = list(pipeline.labels)
    yield from check_input(
        model.label_table, labels, unread, document.where("label"), "label table"
    )
    yield from _check_features(pipeline, model, document, unread)
    snapshots = {**pipeline.features, **pipeline.labels}
    for name in (model.features.table, model.label_table):
        if name in snapshots and model.entity not in snapshots[name].keys:
            yield DeclarationError(
                f"the entity '{model.entity}' is not a key of {name}",
                where=document.where("entity"),
            )
    yield from _check_segments(model, document)
    for key, name in (("history", model.scores.history), ("current", model.scores.current)):
        if name in pipeline.tables():
            yield DeclarationError(
                f"{name} is a declared table; predictions need one of their own",
                where=document.where("scores", key),
            )


def _check_segments(model: ModelDecl, document: Document) -> Errors:
    """An error for a column that is no segment of entities, and for one that is named twice."""
    by = model.monitoring.by
    for index, name in enumerate(by):
        where = document.where("monitoring", "by", index)
        if name in (model.entity, "as_of"):
            yield DeclarationError(f"'{name}' is a key of the features, not a segment", where=where)
        elif name in by[:index]:
            yield DeclarationError(f"duplicate column '{name}'", where=where)


def _check_features(
    pipeline: Pipeline, model: ModelDecl, document: Document, unread: Collection[str]
) -> Errors:
    """An error for a feature table that does not exist or cannot be joined, and for a draft."""
    features, known = model.features, list(pipeline.features)
    where = document.where("features", "table")
    yield from check_input(features.table, known, unread, where, "feature table")
    for index, join in enumerate(features.joins):
        where = document.where("features", "joins", index, "table")
        yield from check_input(join.table, known, unread, where, "feature table")
        if join.table in features.tables[: index + 1]:
            yield DeclarationError(f"duplicate feature table {join.table}", where=where)
        table = pipeline.features.get(join.table)
        if table is not None and table.keys != [join.key]:
            yield DeclarationError(
                f"{join.table} has the keys {', '.join(table.keys)}; a joined table has one key, "
                f"the column '{join.key}'",
                where=document.where("features", "joins", index, "key"),
            )
    drafts = {
        name
        for table in features.tables
        if table in pipeline.features
        for name, column in pipeline.features[table].columns.items()
        if column.status == "draft"
    }
    for index, name in enumerate(features.columns or []):
        if name in drafts:
            yield DeclarationError(
                f"the feature '{name}' is a draft",
                where=document.where("features", "columns", index),
                hint="declare it status: active in its feature table, or leave it out",
            )
