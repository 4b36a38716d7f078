"""Checks of a pipeline's declarations against each other; every error has its file and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.config.charts import ambiguous_measures
from lakehouse.config.declarations import ComputedTable, SilverTable
from lakehouse.config.input_check import check_input
from lakehouse.config.mode_checks import check_dumps, check_mode, require
from lakehouse.config.model.checks import check_model
from lakehouse.config.model.declaration import PredictionTable
from lakehouse.config.type_names import TYPES, is_type
from lakehouse.config.write_modes import modes_with
from lakehouse.config.yaml_file import Document, did_you_mean, shown
from lakehouse.errors import DeclarationError

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline

Documents = dict[str, Document]
Errors = Iterator[DeclarationError]


def check(
    pipeline: Pipeline, documents: Documents, conf_dir: Path, unread: Collection[str] = ()
) -> Errors:
    """Every inconsistency between declarations.

    ``unread`` are the tables whose own declaration is invalid: references to them are
    not reported again.
    """
    yield from _check_schemas(pipeline, documents)
    yield from _check_keep(pipeline, documents)
    yield from _check_types(pipeline, documents)
    for silver in pipeline.silver.values():
        yield from _check_source(silver, documents, list(pipeline.bronze), unread)
        yield from _check_lookups(silver, documents, _tables_with_history(pipeline), unread)
        yield from _check_several_sources(pipeline, silver, documents[silver.table])
        dumps = pipeline.bronze.get(silver.source)
        if dumps is not None and dumps.is_snapshot and not silver.more_sources:
            yield from check_dumps(silver, documents[silver.table])
        else:
            yield from check_mode(silver, documents[silver.table])
    gold_inputs = [*pipeline.computed(), *pipeline.predictions()]
    for gold in pipeline.gold.values():
        yield from _check_source(gold, documents, gold_inputs, unread)
        yield from _check_lookups(gold, documents, gold_inputs, unread)
        yield from check_mode(gold, documents[gold.table])
        yield from ambiguous_measures(gold.chart, gold.keys, documents[gold.table])
    for snapshot in [*pipeline.features.values(), *pipeline.labels.values()]:
        no_history = list(_check_history(pipeline, snapshot, documents[snapshot.table]))
        yield from no_history
        known = list(pipeline.silver) if no_history else _tables_with_history(pipeline)
        yield from _check_source(snapshot, documents, known, unread)
        yield from _check_lookups(snapshot, documents, known, unread)
        yield from require(snapshot.keys, documents[snapshot.table], "keys", "a snapshot")
    for label in pipeline.labels.values():
        yield from require(label.horizon, documents[label.table], "horizon", "a label")
    yield from _check_expectations(pipeline, documents, conf_dir)
    yield from check_model(pipeline, documents, unread)
    yield from _check_cycles(pipeline)


def _check_schemas(pipeline: Pipeline, documents: Documents) -> Errors:
    expected: dict[str, Iterable[str]] = {
        "bronze": pipeline.bronze,
        "silver": pipeline.silver,
        "gold": pipeline.gold,
    }
    for folder, tables in expected.items():
        for name in tables:
            if not name.startswith(f"{folder}."):
                yield DeclarationError(
                    f"{name} is declared in the folder {folder}/",
                    where=documents[name].where("table"),
                    hint=f"name it {folder}.{name.split('.')[1]} or move the file",
                )


def _check_keep(pipeline: Pipeline, documents: Documents) -> Errors:
    message = "keep excludes on_changed_file: replace, which reads all earlier rows again"
    for name, table in pipeline.bronze.items():
        if table.keep and table.on_changed_file == "replace":
            yield DeclarationError(message, where=documents[name].where("keep"))


def _check_types(pipeline: Pipeline, documents: Documents) -> Errors:
    for table in pipeline.bronze.values():
        for name, column in table.columns.items():
            if not is_type(column.type):
                words = re.findall(r"[a-z_]+", column.type.lower())
                near = (did_you_mean(word, TYPES) for word in words if word not in TYPES)
                yield DeclarationError(
                    f"{name}: invalid type '{column.type}'{next(filter(None, near), '')}",
                    where=documents[table.table].where("columns", name, "type"),
                    hint="for example string, bigint, decimal(12,2), date, array<string>",
                )


def _tables_with_history(pipeline: Pipeline) -> list[str]:
    return [name for name, table in pipeline.silver.items() if table.keeps_past]


def _check_source(
    table: ComputedTable, documents: Documents, known: list[str], unread: Collection[str]
) -> Errors:
    for index, name in enumerate(table.sources):
        where = documents[table.table].where("source", index)
        yield from check_input(name, known, unread, where, "source")
        if name in table.sources[:index]:
            yield DeclarationError(f"duplicate input {name}", where=where)


def _check_several_sources(pipeline: Pipeline, table: SilverTable, document: Document) -> Errors:
    """An error for each of several sources whose rows may leave the table again."""
    for index, name in enumerate(table.sources if table.more_sources else ()):
        source = pipeline.bronze.get(name)
        if source is not None and source.changed_file_policy == "replace":
            what = "whole dumps" if source.is_snapshot else "files that replace earlier ones"
            yield DeclarationError(
                f"{name} has {what}, which cannot be one of several sources",
                where=document.where("source", index),
                hint="give it a silver table of its own, and combine the two in gold",
            )


def _check_lookups(
    table: ComputedTable, documents: Documents, known: list[str], unread: Collection[str]
) -> Errors:
    for index, name in enumerate(table.lookups):
        where = documents[table.table].where("lookups", index)
        yield from check_input(name, known, unread, where, "lookup")
        if name in table.sources or name in table.lookups[:index]:
            yield DeclarationError(f"duplicate input {name}", where=where)


def _check_history(pipeline: Pipeline, table: ComputedTable, document: Document) -> Errors:
    with_past = modes_with(lambda mode: bool(mode.past_columns))
    for name in table.inputs:
        silver = pipeline.silver.get(name)
        if silver and not silver.keeps_past:
            key = ("source",) if name == table.source else ("lookups", table.lookups.index(name))
            yield DeclarationError(
                f"{name} has no history (write: {silver.write}); it would leak future data",
                where=document.where(*key),
                hint=f"declare {name} with write: {' or '.join(with_past)}",
            )


def _check_expectations(pipeline: Pipeline, documents: Documents, conf_dir: Path) -> Errors:
    for table in pipeline.computed().values():
        if table.expectations and not suite_file(conf_dir, table).is_file():
            yield DeclarationError(
                f"no file {shown(suite_file(conf_dir, table))}",
                where=documents[table.table].where("expectations"),
            )


def suite_file(conf_dir: Path, table: ComputedTable | PredictionTable) -> Path:
    """The suite file of a table, in ``expectations/<pipeline>/`` beside ``conf``, of the pipeline
    whose folder declares the table."""
    folder = table.file.parent if isinstance(table, PredictionTable) else table.file.parents[1]
    pipeline = folder.name
    return conf_dir.parent / "expectations" / pipeline / f"{table.expectations}.json"


def _check_cycles(pipeline: Pipeline) -> Errors:
    try:
        pipeline.gold_in_order()
    except DeclarationError as error:
        yield error
