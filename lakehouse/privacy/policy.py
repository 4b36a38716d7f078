"""The privacy policy: for each kind of personal data, the one treatment on leaving bronze."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.config.column import Column
from lakehouse.config.yaml_file import Document, did_you_mean, load, shown
from lakehouse.errors import DeclarationError
from lakehouse.privacy.treatments.registry import read_treatment
from lakehouse.privacy.treatments.treatment import Treatment


@dataclass(frozen=True)
class Policy:
    """The treatment of each kind, as written in ``file``."""

    file: Path
    kinds: Mapping[str, Treatment]

    def treatment(self, kind: str, *, where: str | None = None) -> Treatment:
        """The treatment of ``kind``. Raises DeclarationError at ``where`` for an unknown kind."""
        if kind not in self.kinds:
            raise DeclarationError(
                f"unknown pii kind '{kind}'{did_you_mean(kind, self.kinds)}",
                where=where or shown(self.file),
                hint=f"kinds in {shown(self.file)}: {', '.join(self.kinds)}",
            )
        return self.kinds[kind]


def load_policy(path: Path) -> Policy:
    """Read ``conf/privacy.yml``. Raises DeclarationError (file:line) for its first mistake."""
    kinds, errors = _read(load(path))
    if errors:
        raise errors[0]
    return Policy(path, kinds)


def policy_errors(path: Path) -> list[DeclarationError]:
    """All mistakes of a policy (file:line), in line order; empty for a valid policy."""
    try:
        return _read(load(path))[1]
    except DeclarationError as unreadable:
        return [unreadable]


def kind_errors(policy: Policy, document: Document) -> list[DeclarationError]:
    """All mistakes (file:line) in the ``pii`` entries of a bronze declaration.

    These are unknown kinds, treatments that nested columns do not support (they can only be dropped
    or kept), and output columns of the same name. Entries of the wrong type are skipped, since the
    validation of the declaration reports them.
    """
    errors: list[DeclarationError] = []
    inputs: dict[str, str] = {}
    for name, column in _columns(document):
        where = document.where("columns", name, "pii")
        try:
            treatment = policy.treatment(column["pii"], where=where)
        except DeclarationError as unknown:
            errors.append(unknown)
            continue
        nested = re.match(r"\s*(array|map|struct|variant)\b", str(column.get("type")), re.I)
        if nested and not treatment.suits_nested:
            errors.append(
                DeclarationError(
                    f"{name} is nested, so it can be dropped or kept, not treated as '{treatment}'",
                    where=where,
                    hint="declare the personal part as a column of its own, or drop the whole",
                )
            )
        for output in treatment.outputs(name):
            earlier = inputs.setdefault(output.lower(), name)
            if earlier != name:
                errors.append(
                    DeclarationError(f"{name} and {earlier} both become {output}", where=where)
                )
    return errors


def treatments(
    columns: Mapping[str, Column], policy: Policy
) -> list[tuple[str, str | None, str, str | None]]:
    """(column, kind, treatment, output column or None), one row per output column.

    A column that is dropped or has no kind has one row without an output column.
    """
    rows: list[tuple[str, str | None, str, str | None]] = []
    for name, column in columns.items():
        if column.pii is None:
            rows.append((name, None, "stays in bronze", None))
            continue
        treatment = policy.treatment(column.pii)
        outputs: list[str | None] = [*treatment.outputs(name)] or [None]
        rows += [(name, column.pii, str(treatment), output) for output in outputs]
    return rows


def _columns(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the declaration of each column with a kind."""
    columns = document.data.get("columns")
    for name, column in columns.items() if isinstance(columns, dict) else ():
        if isinstance(column, dict) and isinstance(column.get("pii"), str):
            yield str(name), column


def _read(document: Document) -> tuple[dict[str, Treatment], list[DeclarationError]]:
    """The valid treatments, and the mistakes in the others."""
    kinds: dict[str, Treatment] = {}
    errors: list[DeclarationError] = []
    written = [path[0] for path in document.lines if len(path) == 1]
    entries: Iterable[tuple[object, object]] = document.data.items()  # keys may be numbers
    for word, (kind, given) in zip(written, entries, strict=False):
        if not isinstance(kind, str):
            errors.append(
                DeclarationError(
                    f"the kind '{word}' is not a string in YAML",
                    where=document.where(word),
                    hint=f'write it in quotes: "{word}"',
                )
            )
            continue
        try:
            result = read_treatment(document, kind, given)
        except DeclarationError as unusable:
            result = [unusable]
        if isinstance(result, Treatment):
            kinds[kind] = result
        else:
            errors += result
    return kinds, errors
