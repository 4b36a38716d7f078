"""The YAML files of a pipeline's folder, read one by one; reading goes on after a mistake."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from lakehouse.config.declarations import BronzeTable, ComputedTable, PipelineInfo, Table
from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.validation import parse_declaration
from lakehouse.config.yaml_file import Document, load, shown
from lakehouse.errors import DeclarationError, Mistakes

T = TypeVar("T", bound=Table)


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
            if issubclass(form, BronzeTable | ComputedTable):
                given |= {"info": self.info}
            if issubclass(form, ComputedTable):
                given |= {"transformation": self._transformation(file)}
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
        """The SQL or Python file beside a declaration; NAME.sql where none or both exist."""
        sql, python = file.with_suffix(".sql"), file.with_suffix(".py")
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
