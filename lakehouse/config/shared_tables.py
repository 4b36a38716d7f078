"""The pipeline whose tables another one shares, see ``tables_from`` in ``pipeline.yml``."""

from __future__ import annotations

from pathlib import Path

from lakehouse.config.declarations import PipelineInfo
from lakehouse.config.validation import parse_declaration
from lakehouse.config.yaml_file import Document, did_you_mean, load, shown
from lakehouse.errors import DeclarationError


def shared_folder(folder: Path, info: PipelineInfo, document: Document) -> Path:
    """The folder of the pipeline that ``tables_from`` names, beside ``folder``.

    Raises DeclarationError (file:line) for a pipeline that does not exist, has another calendar, or
    has its tables from elsewhere.
    """
    name, where = str(info.tables_from), document.where("tables_from")
    known = sorted(
        file.parent.name for file in folder.parent.glob("*/pipeline.yml") if file.parent != folder
    )
    if name not in known:
        raise DeclarationError(
            f"tables_from: no other pipeline '{name}'{did_you_mean(name, known)}",
            where=where,
            hint=f"other pipelines here: {', '.join(known) or 'none'}",
        )
    file = folder.parent / name / "pipeline.yml"
    other = parse_declaration(PipelineInfo, load(file))
    if other.tables_from is not None:
        raise DeclarationError(
            f"tables_from: {name} has its own tables from {other.tables_from}",
            where=where,
            hint=f"write tables_from: {other.tables_from}",
        )
    for key, there in (("timezone", other.timezone), ("week_starts", other.week_starts)):
        here = getattr(info, key)
        if here != there:
            raise DeclarationError(
                f"{key} is {here} here and {there} in {name}, whose tables this pipeline has",
                where=document.where(key) if key in document.data else where,
                hint=f"write {key}: {there}, as in {shown(file)}",
            )
    return file.parent
