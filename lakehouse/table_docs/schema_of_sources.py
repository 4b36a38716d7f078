"""The JSON Schema of ``source:``: one form for each format of files that the library has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse.config.source_declaration import SOURCES
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.formats.format import Format
from lakehouse.sources.formats.options import check_count, check_flag, check_whole_number
from lakehouse.sources.formats.registry import FORMATS

Schema = dict[str, Any]
_FLAG = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
_WHOLE = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}
_TEXT = {"type": ["string", "integer", "boolean"]}
_SIZE = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+ ?[kKmMgGtT]?[bB]$"}]}


def source_schema(files: Schema, keys: Mapping[str, str], options: Mapping[str, str]) -> Schema:
    """The keys of each kind of source of the library, with the options of each format.

    ``files`` is the schema of the model of ``kind: files``; ``keys`` and ``options`` have the
    meanings of its keys and of the options of formats. Sources and formats of installed packages
    are left out: the schemas are the same everywhere.
    """
    forms = [FORMATS.get(name) for name in FORMATS if not FORMATS.is_plugin(name)]
    sources = [SOURCES.get(name) for name in SOURCES if not SOURCES.is_plugin(name)]
    schemas = [_files(form, files, keys, options) for form in forms if form]
    for source in sources:
        if source and source.declaration is not FileSource:
            schemas.append({**source.declaration.model_json_schema(), "title": source.kind})
    return {"anyOf": schemas}


def _files(
    form: Format, files: Schema, keys: Mapping[str, str], options: Mapping[str, str]
) -> Schema:
    known = {
        name: _described(_option(check), name, options) for name, check in form.options.items()
    }
    own: Schema = {
        **files["properties"],
        "format": {"const": form.name},
        "options": {"type": "object", "properties": known, "additionalProperties": False},
        "max_bytes": _SIZE,
    }
    described = {name: _described(schema, name, keys) for name, schema in own.items()}
    return {**files, "title": f"{form.name} files", "properties": described}


def _described(schema: Schema, name: str, meanings: Mapping[str, str]) -> Schema:
    return {**schema, "description": meanings[name]} if name in meanings else dict(schema)


def _option(check: object) -> Schema:
    if check is check_flag:
        return _FLAG
    return _WHOLE if check in (check_whole_number, check_count) else _TEXT
