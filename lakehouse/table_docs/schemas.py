"""JSON Schemas of the declarations, for editors: ``python -m lakehouse.table_docs.schemas``.

They are generated from the models that read the declarations, so that an editor completes the keys
that ``lakehouse validate`` accepts. What models check in code (names of other tables, columns of a
query) is left to ``validate``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lakehouse.config.column import Column
from lakehouse.config.declarations import (
    BronzeTable,
    GoldTable,
    PipelineInfo,
    SilverTable,
    SnapshotTable,
)
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.write_modes import modes_with
from lakehouse.sources.file_source import FileSource
from lakehouse.table_docs.reference import descriptions
from lakehouse.table_docs.schema_of_privacy import privacy_schema
from lakehouse.table_docs.schema_of_sources import source_schema

Schema = dict[str, Any]
Texts = Mapping[str, str]
_DRAFT = "http://json-schema.org/draft-07/schema#"
_TABLE = r"^(bronze|silver|gold)\.[a-z][a-z0-9_]*$"
_COLUMN = "^[A-Za-z][A-Za-z0-9_]*$"
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "pipeline": ("pipeline.yml",),
    "bronze": ("Bronze",),
    "silver": ("Silver", "Every computed table"),
    "gold": ("Gold", "Every computed table"),
    "features": ("Features and labels", "Every computed table"),
    "labels": ("Features and labels", "Every computed table"),
    "model": ("model.yml",),
}
"""The sections of the reference that describe the keys of each kind of file."""
REFERENCE = (Path("docs/declaring.md"), Path("docs/models.md"))
_MODELS: Mapping[str, type[BaseModel]] = {
    "pipeline": PipelineInfo,
    "bronze": BronzeTable,
    "silver": SilverTable,
    "gold": GoldTable,
    "features": SnapshotTable,
    "labels": SnapshotTable,
    "model": ModelDecl,
}


def schema_texts(*pages: str) -> dict[str, str]:
    """The text of each schema by its file name. ``pages`` are the texts of ``REFERENCE``, for the
    descriptions of keys."""
    reference = "\n".join(pages)
    schemas = {kind: schema_of(kind, reference) for kind in _MODELS}
    schemas["privacy"] = {"$schema": _DRAFT, **privacy_schema()}
    return {
        f"{kind}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for kind, schema in schemas.items()
    }


def schema_of(kind: str, reference: str = "") -> Schema:
    """The schema of one kind of file."""
    schema = _of_model(_MODELS[kind])
    keys = schema["properties"]
    _name_values(kind, schema)
    for section in reversed(_SECTIONS[kind]):
        for key, text in descriptions(reference, section).items():
            if key in keys:
                keys[key] = {**keys[key], "description": text}
    if kind == "bronze":
        options = {**descriptions(reference, "Formats"), **descriptions(reference, "CSV options")}
        keys["source"] = {
            **source_schema(_of_model(FileSource), descriptions(reference, "Files"), options),
            **{key: keys["source"][key] for key in ("description",) if key in keys["source"]},
        }
        for key, text in descriptions(reference, "Columns").items():
            column = keys["columns"]["additionalProperties"]["properties"]
            column[key] = {**column[key], "description": text}
    return {"$schema": _DRAFT, "title": f"{kind} declaration", **schema}


def _of_model(model: type[BaseModel]) -> Schema:
    """The model's schema without the fields that are not written in YAML, references resolved."""
    whole = model.model_json_schema()
    definitions = whole.pop("$defs", {})
    inside = [name for name, field in model.model_fields.items() if field.exclude]
    whole["properties"] = {
        name: value for name, value in whole["properties"].items() if name not in inside
    }
    whole["required"] = [name for name in whole.get("required", []) if name not in inside]
    resolved: Schema = _resolve(whole, definitions)
    return resolved


def _resolve(part: Any, definitions: Mapping[str, Any]) -> Any:
    """The part with every ``$ref`` replaced, without generated titles, on one line each."""
    if isinstance(part, list):
        return [_resolve(item, definitions) for item in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _resolve(definitions[part["$ref"].rpartition("/")[2]], definitions)
    resolved = {
        key: _resolve(value, definitions)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
    }
    if isinstance(about := resolved.get("description"), str):
        resolved["description"] = " ".join(about.replace("``", "`").split())
    return resolved


def _name_values(kind: str, schema: Schema) -> None:
    """Add what the models check in code: names, write modes, sources, short forms."""
    keys = schema["properties"]
    table: Schema = {"type": "string", "pattern": _TABLE}
    column: Schema = {"type": "string", "pattern": _COLUMN}
    for key in ("table", "source"):
        if key in keys:
            keys[key] = dict(table)
    if "lookups" in keys:
        keys["lookups"] = {"type": "array", "items": table}
    if "keys" in keys:
        keys["keys"] = {"type": "array", "items": column}
    if "write" in keys:
        keys["write"] = {"enum": modes_with(lambda mode: mode.schema == kind)}
    if kind == "silver":
        keys["source"] = {"anyOf": [table, {"type": "array", "items": table, "minItems": 1}]}
        keys["keys"] = {"anyOf": [keys["keys"], {"const": "all"}]}
    if kind == "bronze":
        form = {"additionalProperties": _of_model(Column), "propertyNames": {"pattern": _COLUMN}}
        keys["columns"] = {**keys["columns"], **form}
    if kind == "gold":
        keys["chart"] = _one_or_more(_chart(keys["chart"]["items"]))
    if kind == "model":
        one = {"anyOf": [column, keys["slices"]["items"]]}
        keys["slices"] = {**keys["slices"], "items": one}
    for key in ("lookback", "horizon", "maturity"):
        if key in keys:
            keys[key] = {"type": "string", "pattern": "^[0-9]+ days?$"}


def _chart(chart: Schema) -> Schema:
    measure = chart["properties"]["measure"]["items"]
    one = {"anyOf": [{"type": "string", "pattern": _COLUMN}, measure]}
    return {**chart, "properties": {**chart["properties"], "measure": _one_or_more(one)}}


def _one_or_more(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def differences(texts: Texts, folder: Path) -> list[str]:
    """The schemas that are missing, differ, or stand there for no kind of file."""
    there = {file.name for file in folder.glob("*.json")}
    off = [
        name
        for name, text in texts.items()
        if name not in there or (folder / name).read_text(encoding="utf-8") != text
    ]
    return sorted([*off, *(there - texts.keys())])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the schemas; with ``--check`` only say which are not up to date (exit code 1)."""
    parser = argparse.ArgumentParser(description="Write conf/schemas from the models.")
    parser.add_argument("--folder", type=Path, default=Path("conf/schemas"))
    parser.add_argument("--reference", type=Path, nargs="+", default=REFERENCE)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    texts = schema_texts(*(page.read_text(encoding="utf-8") for page in options.reference))
    off = differences(texts, options.folder)
    if options.check:
        for name in off:
            sys.stderr.write(f"{options.folder / name}: not up to date; run `make docs`\n")
        return 1 if off else 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in off:
        if name in texts:
            (options.folder / name).write_text(texts[name], encoding="utf-8")
        else:
            (options.folder / name).unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
