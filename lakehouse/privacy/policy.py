"""The privacy policy: for each kind of personal data, the one treatment on leaving bronze."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.config.declarations import Column
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
        """The treatment of ``kind``; DeclarationError at ``where`` when the policy has none."""
        if kind not in self.kinds:
            raise DeclarationError(
                f"unknown pii kind '{kind}'{did_you_mean(kind, self.kinds)}",
                where=where or shown(self.file),
                hint=f"kinds in {shown(self.file)}: {', '.join(self.kinds)}",
            )
        return self.kinds[kind]


def load_policy(path: Path) -> Policy:
    """Read ``conf/privacy.yml``; DeclarationError (file:line) for the first mistake in it."""
    kinds, errors = _read(load(path))
    if errors:
        raise errors[0]
    return Policy(path, kinds)


def policy_errors(path: Path) -> list[DeclarationError]:
    """All mistakes of a policy (file:line), in the order of its lines; none where it is sound."""
    try:
        return _read(load(path))[1]
    except DeclarationError as unreadable:
        return [unreadable]


def check_kinds(policy: Policy, document: Document) -> None:
    """Check the ``pii`` entries of a bronze declaration; DeclarationError for the first mistake."""
    errors = kind_errors(policy, document)
    if errors:
        raise errors[0]


def kind_errors(policy: Policy, document: Document) -> list[DeclarationError]:
    """All mistakes (file:line) in the ``pii`` entries of a bronze declaration.

    These are an unknown kind, a treatment that a nested column cannot have (it is dropped or kept
    whole), and two columns that would get the same name. Entries of another form than a
    declaration has are passed over: the check of that form names them.
    """
    errors: list[DeclarationError] = []
    made: dict[str, str] = {}
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
            earlier = made.setdefault(output.lower(), name)
            if earlier != name:
                errors.append(
                    DeclarationError(f"{name} and {earlier} both become {output}", where=where)
                )
    return errors


def treatments(
    columns: Mapping[str, Column], policy: Policy
) -> list[tuple[str, str | None, str, str | None]]:
    """(column, kind, treatment, output column or None), a row for each column that comes out.

    A column with two outputs has two rows; one that is dropped, or has no kind, has one row.
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
    """Name and declaration of each column that names a kind."""
    columns = document.data.get("columns")
    for name, column in columns.items() if isinstance(columns, dict) else ():
        if isinstance(column, dict) and isinstance(column.get("pii"), str):
            yield str(name), column


def _read(document: Document) -> tuple[dict[str, Treatment], list[DeclarationError]]:
    """The sound treatments, and the mistakes of the others."""
    kinds: dict[str, Treatment] = {}
    errors: list[DeclarationError] = []
    written = [path[0] for path in document.lines if len(path) == 1]
    given_to: Iterable[tuple[object, object]] = document.data.items()  # YAML knows other keys too
    for word, (kind, given) in zip(written, given_to, strict=False):
        if not isinstance(kind, str):
            errors.append(
                DeclarationError(
                    f"the kind '{word}' is not text to YAML",
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
