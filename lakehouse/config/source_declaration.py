"""``source:`` of a bronze table; each kind of source supplies the model of its declaration.

Kinds of sources are registered here: the library's own below, those of packages by entry points.
See ``lakehouse.sources.source`` for what a source implements.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, SerializeAsAny

from lakehouse.config.declared import Declared
from lakehouse.config.plugins import Registry


def _known_kind(kind: str) -> str:
    if kind not in SOURCES:
        names = [f"'{name}'" for name in SOURCES]
        raise ValueError(f"input should be {' or '.join(names)}")
    return kind


class SourceDeclaration(Declared):
    """The keys common to all kinds of sources; a kind adds its own in a subclass."""

    kind: Annotated[str, AfterValidator(_known_kind)]


def _check(name: str, loaded: Any) -> str | None:
    form = getattr(loaded, "declaration", None)
    if not (isinstance(form, type) and issubclass(form, SourceDeclaration)):
        return "its `declaration` is not a subclass of SourceDeclaration"
    kind = getattr(loaded, "kind", None)
    return None if kind == name else f"its kind is '{kind}'"


SOURCES: Registry[Any] = Registry(
    "lakehouse.sources", {"files": "lakehouse.sources.files:FILES"}, check=_check
)
"""The kinds of sources, each an instance of ``lakehouse.sources.source.Source``."""


def model_of(given: Any) -> type[SourceDeclaration]:
    """The model that validates ``source:``; the common one where its kind is unknown.

    Raises DeclarationError for a package's source that cannot be imported.
    """
    kind = given.get("kind") if isinstance(given, dict) else None
    source = SOURCES.get(kind) if isinstance(kind, str) else None
    form: type[SourceDeclaration] = SourceDeclaration if source is None else source.declaration
    return form


def _validate_by_kind(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    form = model_of(given)
    # The keys of an unknown kind cannot be validated.
    keys = {"kind": given["kind"]} if "kind" in given else {}
    return form.model_validate(keys if form is SourceDeclaration else given)


DeclaredSource = Annotated[SerializeAsAny[SourceDeclaration], BeforeValidator(_validate_by_kind)]
