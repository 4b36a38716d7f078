"""One pipeline as declared in ``conf/pipelines/<name>/``: its tables, its model, its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal, get_args

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
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.pipeline_files import PipelineFiles
from lakehouse.config.yaml_file import Document, did_you_mean, shown
from lakehouse.errors import DeclarationError, Mistakes, UsageError

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
    shared: Path | None = None

    @property
    def folders(self) -> list[Path]:
        """The folders that declare its tables: its own, and the one that it shares tables of."""
        return [self.folder, *([self.shared] if self.shared else [])]

    def known_after_days(self, model: ModelDecl) -> int:
        """The days after ``as_of`` from which the labels of a model may be used."""
        return self.labels[model.label_table].known_after_days

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
        return [self.gold[name] for name, its_phase in phases.items() if its_phase == phase]

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

    Raises UsageError for an unknown pipeline, and every mistake in its files at once, as a
    DeclarationError (file:line) each.
    """
    declared = read_declarations(conf_dir, name)
    declared.mistakes.raise_all()
    return declared.pipeline


@dataclass(frozen=True)
class Declarations:
    """The declarations of a pipeline that could be read, and the mistakes in the others.

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
    """Read all declarations of a pipeline, and collect the mistakes in them.

    Raises UsageError for an unknown pipeline.
    """
    folder = conf_dir / "pipelines" / name
    if not (folder / "pipeline.yml").is_file():
        known = pipeline_names(conf_dir)
        raise UsageError(
            f"unknown pipeline '{name}'{did_you_mean(name, known)}",
            where=shown(conf_dir / "pipelines"),
            hint=f"pipelines here: {', '.join(known) or 'none'}; choose one with --pipeline NAME",
        )
    files = PipelineFiles(folder)
    pipeline = Pipeline(
        name=name,
        folder=folder,
        info=files.info,
        bronze=files.tables("bronze", BronzeTable),
        silver=files.tables("silver", SilverTable),
        gold=files.tables("gold", GoldTable),
        features=files.tables("features", SnapshotTable),
        labels=files.tables("labels", SnapshotTable),
        model=files.model(),
        shared=files.shared,
    )
    if (folder / "model.yml").is_file() and "model" not in files.documents:
        # Any of these may be a table of predictions.
        files.unread.update(name for gold in pipeline.gold.values() for name in gold.inputs)
    files.mistakes += checks.check(pipeline, files.documents, conf_dir, files.unread)
    return Declarations(pipeline, files.documents, files.mistakes, files.unread)
