"""Checks of the feature tables of a model; every error has its file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.yaml_file import Document, did_you_mean
from lakehouse.errors import DeclarationError

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline

Errors = Iterator[DeclarationError]


def check_features(
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


def check_input(
    name: str, known: list[str], unread: Collection[str], where: str, role: str
) -> Errors:
    """An error where ``name`` is none of the ``known`` tables that can have the ``role``; tables in
    ``unread`` have been reported already."""
    if name not in known and name not in unread:
        yield DeclarationError(
            f"{name} cannot be a {role} here{did_you_mean(name, known)}",
            where=where,
            hint=f"possible: {', '.join(sorted(known)) or 'none'}",
        )
