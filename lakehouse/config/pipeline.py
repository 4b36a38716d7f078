"""One pipeline as declared in ``conf/pipelines/<name>/``: its tables, its model, its calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lakehouse.config import checks
from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    GoldTable,
    ModelDecl,
    PipelineInfo,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.config.validation import typed
from lakehouse.config.yaml_file import Document, did_you_mean, load, shown
from lakehouse.errors import DeclarationError, UsageError

T = TypeVar("T", bound=Table)


@dataclass(frozen=True)
class Pipeline:
    """All declarations of a pipeline, checked against each other."""

    name: str
    folder: Path
    info: PipelineInfo
    bronze: dict[str, BronzeTable]
    silver: dict[str, SilverTable]
    gold: dict[str, GoldTable]
    features: dict[str, SnapshotTable]
    labels: dict[str, SnapshotTable]
    model: ModelDecl | None

    def computed(self) -> dict[str, ComputedTable]:
        """Every table with a shape, by name."""
        return {**self.silver, **self.gold, **self.features, **self.labels}

    def tables(self) -> dict[str, Table]:
        """Every declared table, by name."""
        return {**self.bronze, **self.computed()}

    def predictions(self) -> list[str]:
        """The tables that the model writes."""
        return [self.model.scores.history, self.model.scores.current] if self.model else []

    def gold_in_order(self, *, after_scoring: bool = False) -> list[GoldTable]:
        """Gold tables, inputs first; those that read predictions apart from the others."""
        late = self._reading_predictions()
        chosen = {n: t for n, t in self.gold.items() if (n in late) == after_scoring}
        return list(_inputs_first(chosen))

    def _reading_predictions(self) -> set[str]:
        late = set(self.predictions())
        for table in _inputs_first(self.gold):
            if late & set(table.inputs):
                late.add(table.table)
        return late - set(self.predictions())


def _inputs_first(tables: dict[str, GoldTable]) -> Iterator[GoldTable]:
    done: set[str] = set()
    waiting = dict(tables)
    while waiting:
        ready = [n for n, t in waiting.items() if not (set(t.inputs) & set(waiting)) - done]
        if not ready:
            name = next(iter(waiting))
            raise DeclarationError(
                f"{', '.join(sorted(waiting))} read each other in a circle",
                where=f"{shown(waiting[name].file)}:1",
            )
        for name in ready:
            done.add(name)
            yield waiting.pop(name)


def pipeline_names(conf_dir: Path) -> list[str]:
    """The pipelines declared below ``conf_dir``."""
    return sorted(file.parent.name for file in conf_dir.glob("pipelines/*/pipeline.yml"))


def load_pipeline(conf_dir: Path, name: str) -> Pipeline:
    """Read and check the pipeline ``name``.

    Raises UsageError when there is no such pipeline, DeclarationError (file:line) for the first
    mistake in its files.
    """
    folder = conf_dir / "pipelines" / name
    if not (folder / "pipeline.yml").is_file():
        known = pipeline_names(conf_dir)
        raise UsageError(
            f"there is no pipeline '{name}'{did_you_mean(name, known)}",
            where=shown(conf_dir / "pipelines"),
            hint=f"pipelines here: {', '.join(known) or 'none'}; choose one with --pipeline NAME",
        )
    documents: dict[str, Document] = {}
    info = typed(PipelineInfo, load(folder / "pipeline.yml"))
    computed = {"info": info}
    pipeline = Pipeline(
        name=name,
        folder=folder,
        info=info,
        bronze=_tables(folder / "bronze", BronzeTable, documents, {}),
        silver=_tables(folder / "silver", SilverTable, documents, computed),
        gold=_tables(folder / "gold", GoldTable, documents, computed),
        features=_tables(folder / "features", SnapshotTable, documents, computed),
        labels=_tables(folder / "labels", SnapshotTable, documents, computed),
        model=_model(folder / "model.yml", documents),
    )
    checks.check(pipeline, documents, conf_dir)
    return pipeline


def _tables(
    folder: Path, form: type[T], documents: dict[str, Document], shared: dict[str, Any]
) -> dict[str, T]:
    tables: dict[str, T] = {}
    for file in sorted(folder.glob("*.yml")):
        document = load(file)
        given = {"file": file, **shared}
        if issubclass(form, ComputedTable):
            given["shape"] = _shape(file)
        table = typed(form, document, **given)
        if table.table in documents:
            first = shown(documents[table.table].file)
            raise DeclarationError(
                f"{table.table} is declared twice (first in {first})", where=document.where("table")
            )
        documents[table.table] = document
        tables[table.table] = table
    return tables


def _shape(file: Path) -> Path:
    found = [path for path in (file.with_suffix(".sql"), file.with_suffix(".py")) if path.is_file()]
    if len(found) == 1:
        return found[0]
    beside = f"{file.stem}.sql or {file.stem}.py"
    problem = f"both {beside.replace(' or ', ' and ')} stand" if found else f"no {beside} stands"
    raise DeclarationError(
        f"{problem} beside the declaration; there must be exactly one", where=f"{shown(file)}:1"
    )


def _model(file: Path, documents: dict[str, Document]) -> ModelDecl | None:
    if not file.is_file():
        return None
    documents["model"] = load(file)
    return typed(ModelDecl, documents["model"], file=file)
