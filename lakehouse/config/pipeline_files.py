"""The YAML files of a pipeline's folder, read one by one; reading goes on after a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    PipelineInfo,
    SilverTable,
    Table,
)
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.shared_tables import shared_folder
from lakehouse.config.validation import parse_declaration
from lakehouse.config.yaml_file import Document, load, shown
from lakehouse.errors import DeclarationError, Mistakes

T = TypeVar("T", bound=Table)
SHARED = ("bronze", "silver", "features")
"""The folders that ``tables_from`` adds from another pipeline."""


class PipelineFiles:
    """One pass over the files of a pipeline.

    ``documents`` are by table, and ``model``; ``mistakes`` has every error so far (file:line);
    ``unread`` names the tables that are declared but could not be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents: dict[str, Document] = {}
        self.mistakes = Mistakes()
        self.unread: set[str] = set()
        self.info = PipelineInfo(description="", owner="")
        with self.mistakes:
            document = load(folder / "pipeline.yml")
            self.info = parse_declaration(PipelineInfo, document)
        self.shared: Path | None = None
        if self.info.tables_from is not None:
            with self.mistakes:
                self.shared = shared_folder(folder, self.info, document)

    def tables(self, folder: str, form: type[T]) -> dict[str, T]:
        """The tables of one folder, by name."""
        tables: dict[str, T] = {}
        shared = [self.shared] if self.shared is not None and folder in SHARED else []
        for place in [*shared, self.folder]:
            for file in sorted((place / folder).glob("*.yml")):
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
            if issubclass(form, BronzeTable | ComputedTable):
                given |= {"info": self.info}
            if issubclass(form, ComputedTable):
                several = document.data.get("source") if issubclass(form, SilverTable) else None
                given |= self._transformations(file, several)
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

    def _transformations(self, file: Path, source: object) -> dict[str, Any]:
        """The file of the transformation; of several sources, one for each: NAME.SOURCE.sql."""
        if not isinstance(source, list) or len(source) < 2:
            return {"transformation": self._transformation(file, file.stem)}
        self._refuse_common_transformation(file, str(source[0]))
        files = {
            str(name): self._transformation(file, f"{file.stem}.{str(name).rpartition('.')[2]}")
            for name in source
        }
        return {"transformation": files[str(source[0])], "transformations": files}

    def _refuse_common_transformation(self, file: Path, first: str) -> None:
        for common in (file.with_suffix(".sql"), file.with_suffix(".py")):
            if common.is_file():
                own = f"{file.stem}.{first.rpartition('.')[2]}{common.suffix}"
                self.mistakes.append(
                    DeclarationError(
                        f"{common.name} belongs to no source: a table of several sources has a "
                        "transformation for each",
                        where=f"{shown(common)}:1",
                        hint=f"rename it, for {first} to {own}",
                    )
                )

    def _transformation(self, file: Path, stem: str) -> Path:
        """The SQL or Python file beside a declaration; the SQL file where none or both exist."""
        sql, python = file.with_name(f"{stem}.sql"), file.with_name(f"{stem}.py")
        if sql.is_file() != python.is_file():
            return sql if sql.is_file() else python
        both = f"both {sql.name} and {python.name} exist"
        problem = both if sql.is_file() else f"neither {sql.name} nor {python.name} exists"
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
