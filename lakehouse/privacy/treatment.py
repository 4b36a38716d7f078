"""A treatment: what happens to a value of one kind of personal data, and how a policy writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lakehouse.config.yaml_file import Document, did_you_mean
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


def read_treatment(
    document: Document, kind: str, given: object
) -> Treatment | list[DeclarationError]:
    """What the policy in ``document`` gives as the treatment of ``kind``, or its mistakes."""
    if isinstance(given, str) and given in _PLAIN:
        return Treatment(_PLAIN[given])
    if isinstance(given, dict) and set(given) == {"prefix"}:
        return _prefix(document, kind, given["prefix"])
    if isinstance(given, dict) and "token" in given and set(given) <= {"token", "also"}:
        return _token(document, kind, given)
    return _unknown(document, kind, given)


def _unknown(document: Document, kind: str, given: object) -> list[DeclarationError]:
    words = [str(key) for key in given] if isinstance(given, dict) else [str(given)]
    known = ["prefix", "token", "also"] if isinstance(given, dict) else list(_PLAIN)
    odd = [word for word in words if word not in known] or (words or ["{}"])[:1]
    return [
        DeclarationError(
            f"unknown treatment '{word}' of {kind}{did_you_mean(word, known)}",
            where=document.where(kind, word),
            hint=f"known: {', '.join(_KNOWN)}",
        )
        for word in odd
    ]


def _prefix(document: Document, kind: str, given: object) -> Treatment | list[DeclarationError]:
    if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
        return Treatment("prefix", length=given)
    message = f"prefix of {kind} must be a whole number of characters, at least 1"
    return [DeclarationError(message, where=document.where(kind, "prefix"))]


def _token(
    document: Document, kind: str, given: dict[str, object]
) -> Treatment | list[DeclarationError]:
    domain, also = given["token"], given.get("also")
    errors: list[DeclarationError] = []
    named = isinstance(domain, str) and _DOMAIN.fullmatch(domain) is not None
    if not named:
        message = f"token of {kind} needs the name of a domain: small letters, digits and '_'"
        errors.append(DeclarationError(message, where=document.where(kind, "token")))
    if "also" in given and (also != "domain" or (named and domain != EMAIL_DOMAIN)):
        message = f"`also` of {kind} can only be `domain`, beside `token: {EMAIL_DOMAIN}`"
        errors.append(DeclarationError(message, where=document.where(kind, "also")))
    return errors or Treatment("token", domain=str(domain), also_domain=also is not None)
