"""The treatments by name, and how an entry of the policy is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse.config.plugins import Registry
from lakehouse.config.yaml_file import Document, did_you_mean
from lakehouse.errors import DeclarationError
from lakehouse.privacy.treatments.drop import Drop
from lakehouse.privacy.treatments.keep import Keep
from lakehouse.privacy.treatments.prefix import Prefix
from lakehouse.privacy.treatments.scrub import Scrub
from lakehouse.privacy.treatments.token import Token
from lakehouse.privacy.treatments.treatment import Treatment
from lakehouse.privacy.treatments.year import Year


def _check(name: str, loaded: Any) -> str | None:
    if not (isinstance(loaded, type) and issubclass(loaded, Treatment)):
        return "it is not a subclass of lakehouse.privacy.treatments.treatment.Treatment"
    word = getattr(loaded, "word", None)
    return None if word == name else f"its word is '{word}'"


BUILT_IN: tuple[type[Treatment], ...] = (Drop, Keep, Year, Scrub, Prefix, Token)
TREATMENTS: Registry[type[Treatment]] = Registry(
    "lakehouse.treatments",
    {treatment.word: treatment for treatment in BUILT_IN},
    check=_check,
)


def read_treatment(
    document: Document, kind: str, given: object
) -> Treatment | list[DeclarationError]:
    """Read the treatment of ``kind`` from its entry in ``document``; or return the mistakes in it.

    Raises DeclarationError for a package's treatment that cannot be imported.
    """
    if isinstance(given, str):
        treatment = TREATMENTS.get(given)
        if treatment is not None and not treatment.has_parameter:
            return _read(treatment, document, kind, {})
    if isinstance(given, dict):
        words = [word for word in given if isinstance(word, str) and word in TREATMENTS]
        treatment = TREATMENTS.get(words[0]) if words else None
        if treatment is not None and treatment.has_parameter:
            if set(given) <= {treatment.word, *treatment.options}:
                return _read(treatment, document, kind, given)
    return _unknown_errors(document, kind, given)


def _read(
    treatment: type[Treatment], document: Document, kind: str, given: Mapping[str, Any]
) -> Treatment | list[DeclarationError]:
    result = treatment.read(kind, given)
    if isinstance(result, Treatment):
        return result
    return [
        DeclarationError(mistake.message, where=document.where(kind, mistake.key))
        for mistake in result
    ]


def _unknown_errors(document: Document, kind: str, given: object) -> list[DeclarationError]:
    words = [str(key) for key in given] if isinstance(given, dict) else [str(given)]
    others = [name for name in TREATMENTS if TREATMENTS.is_plugin(name)]
    alone = [form.word for form in BUILT_IN if not form.has_parameter]
    keys = [key for form in BUILT_IN if form.has_parameter for key in (form.word, *form.options)]
    known = [*(keys if isinstance(given, dict) else alone), *others]
    odd = [word for word in words if word not in known] or (words or ["{}"])[:1]
    return [
        DeclarationError(
            f"unknown treatment '{word}' of {kind}{did_you_mean(word, known)}",
            where=document.where(kind, word),
            hint=f"known: {', '.join([*(form.form for form in BUILT_IN), *others])}",
        )
        for word in odd
    ]
