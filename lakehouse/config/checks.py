"""What declarations must hold against each other: each check is one sentence with file and line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.config.declarations import ComputedTable, SilverTable
from lakehouse.config.yaml_file import Document, did_you_mean, shown
from lakehouse.errors import DeclarationError

if TYPE_CHECKING:
    from lakehouse.config.pipeline import Pipeline

Documents = dict[str, Document]


def check(pipeline: Pipeline, documents: Documents, conf_dir: Path) -> None:
    """Raise DeclarationError for the first thing that does not fit together."""
    _schemas(pipeline, documents)
    for silver in pipeline.silver.values():
        _source(silver, documents, list(pipeline.bronze))
        _lookups(silver, documents, _with_past(pipeline))
        _silver(silver, documents[silver.table])
    gold_inputs = [*pipeline.computed(), *pipeline.predictions()]
    for gold in pipeline.gold.values():
        _source(gold, documents, gold_inputs)
        _lookups(gold, documents, gold_inputs)
        if gold.write == "replace_keys":
            _needs(gold.keys, documents[gold.table], "keys", "write: replace_keys")
    for snapshot in [*pipeline.features.values(), *pipeline.labels.values()]:
        _keeps_past(pipeline, snapshot, documents[snapshot.table])
        _source(snapshot, documents, _with_past(pipeline))
        _lookups(snapshot, documents, _with_past(pipeline))
        _needs(snapshot.keys, documents[snapshot.table], "keys", "a snapshot")
    for label in pipeline.labels.values():
        _needs(label.horizon, documents[label.table], "horizon", "a label")
    _expectations(pipeline, documents, conf_dir)
    _model(pipeline, documents)
    list(pipeline.gold_in_order())


def _schemas(pipeline: Pipeline, documents: Documents) -> None:
    expected: dict[str, Iterable[str]] = {
        "bronze": pipeline.bronze,
        "silver": pipeline.silver,
        "gold": pipeline.gold,
    }
    for folder, tables in expected.items():
        for name in tables:
            if not name.startswith(f"{folder}."):
                raise DeclarationError(
                    f"{name} is declared in the folder {folder}/",
                    where=documents[name].where("table"),
                    hint=f"name it {folder}.{name.split('.')[1]} or move the file",
                )


def _with_past(pipeline: Pipeline) -> list[str]:
    return [name for name, table in pipeline.silver.items() if table.write != "scd1"]


def _source(table: ComputedTable, documents: Documents, known: list[str]) -> None:
    _known(table.source, known, documents[table.table].where("source"), "source")


def _lookups(table: ComputedTable, documents: Documents, known: list[str]) -> None:
    for index, name in enumerate(table.lookups):
        _known(name, known, documents[table.table].where("lookups", index), "lookup")
        if name == table.source or name in table.lookups[:index]:
            raise DeclarationError(
                f"{name} stands twice among the inputs",
                where=documents[table.table].where("lookups", index),
            )


def _known(name: str, known: list[str], where: str, role: str) -> None:
    if name not in known:
        raise DeclarationError(
            f"{name} cannot be a {role} here{did_you_mean(name, known)}",
            where=where,
            hint=f"possible: {', '.join(sorted(known)) or 'none'}",
        )


def _keeps_past(pipeline: Pipeline, table: ComputedTable, document: Document) -> None:
    for name in table.inputs:
        silver = pipeline.silver.get(name)
        if silver and silver.write == "scd1":
            key = ("source",) if name == table.source else ("lookups", table.lookups.index(name))
            raise DeclarationError(
                f"{name} keeps no past (write: scd1), so {table.table} could see later rows in it",
                where=document.where(*key),
                hint=f"declare {name} with write: append or scd2",
            )


def _silver(table: SilverTable, document: Document) -> None:
    if table.write in ("scd1", "scd2"):
        _needs(table.keys, document, "keys", f"write: {table.write}")
        _needs(table.sequence_by, document, "sequence_by", f"write: {table.write}")
    if table.write == "append" and table.sequence_by:
        raise DeclarationError(
            "sequence_by says nothing to write: append, where the first row of a key stays",
            where=document.where("sequence_by"),
        )
    if table.apply_as_deletes and table.write != "scd2":
        raise DeclarationError(
            "apply_as_deletes needs write: scd2, which remembers that a key was deleted",
            where=document.where("apply_as_deletes"),
        )


def _needs(value: object, document: Document, key: str, why: str) -> None:
    if not value:
        raise DeclarationError(
            f"the key '{key}' is missing; {why} needs it", where=document.where()
        )


def _expectations(pipeline: Pipeline, documents: Documents, conf_dir: Path) -> None:
    for table in pipeline.computed().values():
        if table.expectations and not suite_file(conf_dir, pipeline.name, table).is_file():
            raise DeclarationError(
                f"no file {shown(suite_file(conf_dir, pipeline.name, table))}",
                where=documents[table.table].where("expectations"),
            )


def suite_file(conf_dir: Path, pipeline: str, table: ComputedTable) -> Path:
    """Where the expectations of a table lie: ``expectations/<pipeline>/`` beside ``conf``."""
    return conf_dir.parent / "expectations" / pipeline / f"{table.expectations}.json"


def _model(pipeline: Pipeline, documents: Documents) -> None:
    if pipeline.model is None:
        return
    document, model = documents["model"], pipeline.model
    _known(
        model.features.table,
        list(pipeline.features),
        document.where("features", "table"),
        "feature table",
    )
    _known(model.label_table, list(pipeline.labels), document.where("label"), "label table")
    for name in (model.features.table, model.label_table):
        if model.entity not in pipeline.computed()[name].keys:
            raise DeclarationError(
                f"the entity '{model.entity}' is no key of {name}", where=document.where("entity")
            )
    for key, name in (("history", model.scores.history), ("current", model.scores.current)):
        if name in pipeline.tables():
            raise DeclarationError(
                f"{name} is a declared table; predictions need one of their own",
                where=document.where("scores", key),
            )
