"""The privacy policy: for each kind of personal data, the one treatment on leaving bronze."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lakehouse.config.declarations import Column
from lakehouse.config.yaml_file import Document, did_you_mean, load, shown
from lakehouse.errors import DeclarationError

Action = Literal["drop", "keep", "year", "scrub", "prefix", "token"]
_PLAIN: dict[str, Action] = {"drop": "drop", "keep": "keep", "year": "year", "scrub": "scrub"}
_KNOWN = [*_PLAIN, "{prefix: N}", "{token: DOMAIN}"]
_DOMAIN = re.compile(r"[a-z][a-z0-9_]*")
EMAIL_DOMAIN = "email"
"""The token domain whose values are e-mail addresses: lowercased, and with a part behind '@'."""


@dataclass(frozen=True)
class Treatment:
    """What happens to one kind. ``length`` counts characters; ``domain`` separates tokens."""

    action: Action
    domain: str = ""
    length: int = 0
    also_domain: bool = False

    def __str__(self) -> str:
        if self.action == "prefix":
            return f"first {self.length} characters"
        if self.action == "token":
            also = ", also: domain" if self.also_domain else ""
            return f"token of {self.domain}{also}"
        return self.action

    def outputs(self, column: str) -> list[str]:
        """The columns that ``column`` becomes; none where it is dropped."""
        if self.action == "drop":
            return []
        return [column, f"{column}_domain"] if self.also_domain else [column]


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
    """Read ``conf/privacy.yml``; DeclarationError (file:line) for the first thing that is off."""
    document = load(path)
    return Policy(path, {str(kind): _treatment(document, str(kind)) for kind in document.data})


def check_kinds(policy: Policy, document: Document) -> None:
    """Check the ``pii`` entries of a bronze declaration against the policy.

    DeclarationError (file:line) for an unknown kind, for a treatment that a nested column cannot
    have (it is dropped or kept whole), and for two columns that would get the same name.
    """
    made: dict[str, str] = {}
    for name, column in document.data.get("columns", {}).items():
        kind, where = column.get("pii"), document.where("columns", name, "pii")
        if kind is None:
            continue
        treatment = policy.treatment(kind, where=where)
        nested = re.match(r"\s*(array|map|struct|variant)\b", str(column.get("type")), re.I)
        if nested and treatment.action not in ("drop", "keep"):
            raise DeclarationError(
                f"{name} is nested, so it can be dropped or kept, not treated as '{treatment}'",
                where=where,
                hint="declare the personal part as a column of its own, or drop the whole",
            )
        for output in treatment.outputs(name):
            if output.lower() in made:
                raise DeclarationError(
                    f"{name} and {made[output.lower()]} both become {output}", where=where
                )
            made[output.lower()] = name


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


def _treatment(document: Document, kind: str) -> Treatment:
    given: object = document.data[kind]
    if isinstance(given, str) and given in _PLAIN:
        return Treatment(_PLAIN[given])
    if isinstance(given, dict) and set(given) == {"prefix"}:
        return Treatment("prefix", length=_length(document, kind, given["prefix"]))
    if isinstance(given, dict) and "token" in given and set(given) <= {"token", "also"}:
        return _token(document, kind, given)
    unknown = [str(key) for key in given] if isinstance(given, dict) else [str(given)]
    known = ["prefix", "token", "also"] if isinstance(given, dict) else list(_PLAIN)
    odd = next((key for key in unknown if key not in known), unknown[0] if unknown else "{}")
    raise DeclarationError(
        f"unknown treatment '{odd}' of {kind}{did_you_mean(odd, known)}",
        where=document.where(kind, odd),
        hint=f"known: {', '.join(_KNOWN)}",
    )


def _length(document: Document, kind: str, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise DeclarationError(
            f"prefix of {kind} must be a whole number of characters, at least 1",
            where=document.where(kind, "prefix"),
        )
    return given


def _token(document: Document, kind: str, given: dict[str, object]) -> Treatment:
    domain, also = given["token"], given.get("also")
    if not isinstance(domain, str) or not _DOMAIN.fullmatch(domain):
        raise DeclarationError(
            f"token of {kind} needs the name of a domain: small letters, digits and '_'",
            where=document.where(kind, "token"),
        )
    if also is not None and (also != "domain" or domain != EMAIL_DOMAIN):
        raise DeclarationError(
            f"`also` of {kind} can only be `domain`, beside `token: {EMAIL_DOMAIN}`",
            where=document.where(kind, "also"),
        )
    return Treatment("token", domain=domain, also_domain=also is not None)
