"""Validate a YAML document as a declaration; errors name the file, the line and the nearest key."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lakehouse.config.source_declaration import SourceDeclaration, model_of
from lakehouse.config.yaml_file import Document, did_you_mean, nearest
from lakehouse.errors import DeclarationError, Mistakes

M = TypeVar("M", bound=BaseModel)


def parse_declaration(model: type[M], document: Document, **given: Any) -> M:
    """Validate the document as ``model``; ``given`` are fields that do not come from its text.

    Raises all mistakes at once, each a DeclarationError at its line. A missing key is not reported
    where an unknown key is a likely misspelling of it.
    """
    mistakes = Mistakes()
    for key in given:
        if key in document.data:
            mistakes.append(DeclarationError(f"unknown key '{key}'", where=document.where(key)))
    data = {key: value for key, value in document.data.items() if key not in given}
    try:
        declared = model.model_validate({**data, **given})
    except ValidationError as problem:
        errors = problem.errors()
        misspelled = {
            _nearest_key(model, document, error, given) for error in errors if _is_unknown(error)
        }
        reported = [
            error
            for error in errors
            if error["type"] != "missing" or error["loc"] not in misspelled
        ]
        mistakes += [_error(model, document, error, given) for error in reported]
        mistakes.raise_all()
        raise
    mistakes.raise_all()
    return declared


def _is_unknown(error: ErrorDetails) -> bool:
    return error["type"] == "extra_forbidden"


def _nearest_key(
    model: type[BaseModel], document: Document, error: ErrorDetails, given: dict[str, Any]
) -> tuple[int | str, ...]:
    """The path of the known key that an unknown key is closest to."""
    *above, key = error["loc"]
    known = _known_keys(model, document, tuple(above), given)
    return (*above, nearest(str(key), known) or "")


def _error(
    model: type[BaseModel], document: Document, error: ErrorDetails, given: dict[str, Any]
) -> DeclarationError:
    path = error["loc"]
    key = str(path[-1]) if path else ""
    where = document.where(*path)
    if _is_unknown(error):
        known = _known_keys(model, document, path[:-1], given)
        return DeclarationError(
            f"unknown key '{key}'{did_you_mean(key, known)}",
            where=where,
            hint=f"known here: {', '.join(sorted(known))}",
        )
    if error["type"] == "missing":
        return DeclarationError(f"the key '{'.'.join(map(str, path))}' is missing", where=where)
    what = error["msg"].removeprefix("Value error, ")
    return DeclarationError(
        f"{'.'.join(map(str, path))}: {what[:1].lower()}{what[1:]}", where=where
    )


def _known_keys(
    model: type[BaseModel],
    document: Document,
    path: tuple[int | str, ...],
    given: dict[str, Any],
) -> list[str]:
    """The known keys of ``model`` below ``path``; a source's are those of its kind."""
    current: Any = model
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
        fields = getattr(current, "model_fields", {})
        if part in fields:
            current = _inner_model(fields[part].annotation)
            current = model_of(value) if current is SourceDeclaration else current
    fields = getattr(current, "model_fields", {})
    names = [field.alias or name for name, field in fields.items() if not field.exclude]
    return [name for name in names if name not in given]


def _inner_model(annotation: Any) -> Any:
    """The model inside ``Model``, ``Model | None``, ``list[Model]`` or ``dict[str, Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        below = _inner_model(inner)
        if below is not None:
            return below
    return None
