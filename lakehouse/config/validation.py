"""From a YAML document to a typed declaration, with errors that name file, line and nearest key."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lakehouse.config.yaml_file import Document, did_you_mean
from lakehouse.errors import DeclarationError

M = TypeVar("M", bound=BaseModel)


def typed(model: type[M], document: Document, **given: Any) -> M:
    """The document as ``model``; ``given`` are fields that the place decides, not the text.

    Raises DeclarationError at the line of the first thing that does not fit.
    """
    for key in given:
        if key in document.data:
            raise DeclarationError(f"unknown key '{key}'", where=document.where(key))
    try:
        return model.model_validate({**document.data, **given})
    except ValidationError as problem:
        errors = sorted(problem.errors(), key=lambda error: document.line(*error["loc"]))
        raise _error(model, document, errors[0], given) from None


def _error(
    model: type[BaseModel], document: Document, error: ErrorDetails, given: dict[str, Any]
) -> DeclarationError:
    path = error["loc"]
    key = str(path[-1]) if path else ""
    where = document.where(*path)
    if error["type"] == "extra_forbidden":
        known = [name for name in _known_keys(model, path[:-1]) if name not in given]
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


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that ``model`` knows below ``path``."""
    current: Any = model
    for part in path:
        fields = getattr(current, "model_fields", {})
        if part in fields:
            current = _inner_model(fields[part].annotation)
    return list(getattr(current, "model_fields", {}))


def _inner_model(annotation: Any) -> Any:
    """The model inside ``Model``, ``Model | None``, ``list[Model]`` or ``dict[str, Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _inner_model(inner)
        if found is not None:
            return found
    return None
