"""One pipeline as declared in ``conf/pipelines/<name>/``: its tables, its model, its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from lakehouse.config import checks
from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    GoldTable,
    PipelineInfo,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.validation import parse_declaration
from lakehouse.config.yaml_file import Document, did_you_mean, load, shown
from lakehouse.errors import DeclarationError, Mistakes, UsageError

T = TypeVar("T", bound=Table)
Phase = Literal["aggregate", "features", "score"]
"""After which step's tables a gold table is refreshed."""
PHASES: tuple[Phase, ...] = get_args(Phase)


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
        """Every table with a transformation, by name."""
        return {**self.silver, **self.gold, **self.features, **self.labels}

    def tables(self) -> dict[str, Table]:
        """Every declared table, by name."""
        return {**self.bronze, **self.computed()}

    def predictions(self) -> list[str]:
        """The tables that the model writes."""
        return [self.model.scores.history, self.model.scores.current] if self.model else []

    def gold_in_order(self, *, phase: Phase = "aggregate") -> list[GoldTable]:
        """The gold tables of one phase, inputs first.

        ``aggregate`` are those over silver alone; ``features`` those that read a snapshot, and
        ``score`` those that read predictions, directly or through other gold: they come after
        the step of that name. Raises DeclarationError where tables read each other in a cycle.
        """
        phases = self._gold_phases()
        return [self.gold[name] for name, own in phases.items() if own == phase]

    def _gold_phases(self) -> dict[str, Phase]:
        """The phase of each gold table, inputs first: the latest of its inputs' phases."""
        of: dict[str, Phase] = dict.fromkeys([*self.features, *self.labels], "features")
        of.update(dict.fromkeys(self.predictions(), "score"))
        for table in _inputs_first(self.gold):
            of[table.table] = max(
                (of.get(name, "aggregate") for name in table.inputs), key=PHASES.index
            )
        return {name: phase for name, phase in of.items() if name in self.gold}


def _inputs_first(tables: dict[str, GoldTable]) -> list[GoldTable]:
    graph = {name: [i for i in table.inputs if i in tables] for name, table in tables.items()}
    try:
        return [tables[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as problem:
        cycle: list[str] = problem.args[1][::-1]
        raise DeclarationError(
            f"cyclic dependency: {' → '.join(cycle)}",
            where=f"{shown(tables[cycle[0]].file)}:1",
            hint="each reads the next; take one of these inputs out",
        ) from None


def pipeline_names(conf_dir: Path) -> list[str]:
    """The pipelines declared below ``conf_dir``."""
    return sorted(file.parent.name for file in conf_dir.glob("pipelines/*/pipeline.yml"))


def load_pipeline(conf_dir: Path, name: str) -> Pipeline:
    """Read and check the pipeline ``name``.

    Raises UsageError when there is no such pipeline, and every mistake in its files at once, as a
    DeclarationError (file:line) each.
    """
    declared = read_declarations(conf_dir, name)
    declared.mistakes.raise_all()
    return declared.pipeline


@dataclass(frozen=True)
class Declarations:
    """A pipeline as far as it could be read, and the mistakes on the way.

    ``documents`` are by table, and ``model``; ``unread`` names the tables that are declared but
    could not be read.
    """

    pipeline: Pipeline
    documents: dict[str, Document]
    mistakes: Mistakes
    unread: set[str]

    def documents_of_bronze(self) -> list[Document]:
        """The documents of the bronze tables that could be read."""
        return [self.documents[name] for name in self.pipeline.bronze]


def read_declarations(conf_dir: Path, name: str) -> Declarations:
    """Everything that the pipeline's files say, and every mistake in them.

    Raises UsageError when there is no such pipeline.
    """
    folder = conf_dir / "pipelines" / name
    if not (folder / "pipeline.yml").is_file():
        known = pipeline_names(conf_dir)
        raise UsageError(
            f"there is no pipeline '{name}'{did_you_mean(name, known)}",
            where=shown(conf_dir / "pipelines"),
            hint=f"pipelines here: {', '.join(known) or 'none'}; choose one with --pipeline NAME",
        )
    reading = _Reading(folder)
    pipeline = Pipeline(
        name=name,
        folder=folder,
        info=reading.info,
        bronze=reading.tables("bronze", BronzeTable),
        silver=reading.tables("silver", SilverTable),
        gold=reading.tables("gold", GoldTable),
        features=reading.tables("features", SnapshotTable),
        labels=reading.tables("labels", SnapshotTable),
        model=reading.model(),
    )
    if (folder / "model.yml").is_file() and "model" not in reading.documents:
        # Any of these may be a table of predictions.
        reading.unread.update(name for gold in pipeline.gold.values() for name in gold.inputs)
    reading.mistakes += checks.check(pipeline, reading.documents, conf_dir, reading.unread)
    return Declarations(pipeline, reading.documents, reading.mistakes, reading.unread)


class _Reading:
    """One pass over the files of a pipeline, which goes on after a mistake."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: dict[str, Document] = {}
        self.mistakes = Mistakes()
        self.unread: set[str] = set()
        self.info = PipelineInfo(description="", owner="")
        with self.mistakes:
            self.info = parse_declaration(PipelineInfo, load(folder / "pipeline.yml"))

    def tables(self, folder: str, form: type[T]) -> dict[str, T]:
        """The tables of one folder, by name."""
        tables: dict[str, T] = {}
        for file in sorted((self.folder / folder).glob("*.yml")):
            table = self._table(file, form)
            if table is not None:
                tables[table.table] = table
        return tables

    def _table(self, file: Path, form: type[T]) -> T | None:
        schema = file.parent.name if file.parent.name in ("bronze", "silver") else "gold"
        name = f"{schema}.{file.stem}"
        with self.mistakes:
            document = load(file)
            name = str(document.data.get("table", name))
            lines = {str(key): document.line(str(key)) for key in document.data}
            given: dict[str, Any] = {"file": file, "lines": lines}
            if issubclass(form, ComputedTable):
                given |= {"info": self.info, "transformation": self._transformation(file)}
            table = parse_declaration(form, document, **given)
            if name in self.documents:
                first = shown(self.documents[name].file)
                raise DeclarationError(
                    f"{name} is declared twice (first in {first})", where=document.where("table")
                )
            self.documents[name] = document
            return table
        self.unread.add(name)
        return None

    def _transformation(self, file: Path) -> Path:
        """The SQL or Python beside a declaration; where that is not clear, what it should be."""
        sql, python = file.with_suffix(".sql"), file.with_suffix(".py")
        if sql.is_file() != python.is_file():
            return sql if sql.is_file() else python
        both = f"both {sql.name} and {python.name} stand"
        problem = both if sql.is_file() else f"no {sql.name} or {python.name} stands"
        self.mistakes.append(
            DeclarationError(
                f"{problem} beside the declaration; there must be exactly one",
                where=f"{shown(file)}:1",
            )
        )
        return sql

    def model(self) -> ModelDecl | None:
        """``model.yml``, where there is one."""
        file = self.folder / "model.yml"
        if not file.is_file():
            return None
        with self.mistakes:
            document = self.documents["model"] = load(file)
            scores = document.data.get("scores")
            self.unread |= set(map(str, scores.values())) if isinstance(scores, dict) else set()
            return parse_declaration(ModelDecl, document, file=file)
        return None
