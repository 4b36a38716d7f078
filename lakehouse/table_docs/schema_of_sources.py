"""The JSON Schema of ``source:``: one form for each format of files that the library has."""

from __future__ import annotations

from typing import Any

from lakehouse.config.source_declaration import SOURCES
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.formats.format import Format, check_flag, check_whole_number
from lakehouse.sources.formats.registry import FORMATS

_FLAG = {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}]}
_WHOLE = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}
_TEXT = {"type": ["string", "integer", "boolean"]}


def source_schema() -> dict[str, Any]:
    """The keys of each kind of source of the library, with the options of each format.

    Sources and formats of installed packages are left out: the schemas are the same everywhere.
    """
    forms = [FORMATS.get(name) for name in FORMATS if not FORMATS.is_plugin(name)]
    sources = [SOURCES.get(name) for name in SOURCES if not SOURCES.is_plugin(name)]
    schemas = [_files(form) for form in forms if form]
    for source in sources:
        if source and source.declaration is not FileSource:
            schemas.append({**source.declaration.model_json_schema(), "title": source.kind})
    return {"anyOf": schemas}


def _files(form: Format) -> dict[str, Any]:
    options = {name: _option(check) for name, check in form.options.items()}
    return {
        "title": f"{form.name} files",
        "type": "object",
        "properties": {
            "kind": {"const": "files"},
            "format": {"const": form.name},
            "path": {"type": "string"},
            "options": {
                "type": "object",
                "properties": options,
                "additionalProperties": False,
            },
        },
        "required": ["kind", "format", "path"],
        "additionalProperties": False,
    }


def _option(check: object) -> dict[str, Any]:
    if check is check_flag:
        return _FLAG
    return _WHOLE if check is check_whole_number else _TEXT
