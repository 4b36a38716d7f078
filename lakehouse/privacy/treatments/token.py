"""``{token: DOMAIN}``: a keyed token; ``also: domain`` keeps the provider of an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakehouse.config.late_spark import F
from lakehouse.privacy.tokens import EMAIL_DOMAIN, canonical, token_of
from lakehouse.privacy.treatments.treatment import Mistake, Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column

_DOMAIN = re.compile(r"[a-z][a-z0-9_]*")
# As long as DNS allows: Java's matcher recurses at each repetition of a group, down to a crash.
_ADDRESS = r"^[^@\s]++@([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,126})\z"


@dataclass(frozen=True)
class Token(Treatment):
    """The same value in the same ``domain`` gets the same token; see ``lakehouse.privacy.tokens``.

    With ``also_domain`` the part of an e-mail address after '@' is kept in ``<column>_domain``.
    """

    domain: str
    also_domain: bool = False

    word = "token"
    form = "{token: DOMAIN}"
    has_parameter = True
    options = ("also",)

    @property
    def token_domains(self) -> tuple[str, ...]:
        """The domain."""
        return (self.domain,)

    @classmethod
    def read(cls, kind: str, given: Mapping[str, Any]) -> Treatment | list[Mistake]:
        """Read the name of a domain, and the option ``also: domain``."""
        domain, also = given["token"], given.get("also")
        mistakes: list[Mistake] = []
        is_name = isinstance(domain, str) and _DOMAIN.fullmatch(domain) is not None
        if not is_name:
            message = f"token of {kind} needs the name of a domain: small letters, digits and '_'"
            mistakes.append(Mistake("token", message))
        if "also" in given and (also != "domain" or (is_name and domain != EMAIL_DOMAIN)):
            message = f"`also` of {kind} can only be `domain`, beside `token: {EMAIL_DOMAIN}`"
            mistakes.append(Mistake("also", message))
        return mistakes or cls(str(domain), also_domain=also is not None)

    @property
    def text(self) -> str:
        """``token email also domain``."""
        return f"token {self.domain}{' also domain' if self.also_domain else ''}"

    def __str__(self) -> str:
        return f"token of {self.domain}{', also: domain' if self.also_domain else ''}"

    def outputs(self, column: str) -> list[str]:
        """The token, and the provider if ``also: domain`` is set."""
        return [column, f"{column}_domain"] if self.also_domain else [column]

    def apply(self, column: str, value: Column) -> list[Column]:
        """The token, and the provider; for a frame from ``with_keys``."""
        also = [_provider(value)] if self.also_domain else []
        return [token_of(value, self.domain), *also]


def _provider(address: Column) -> Column:
    """The part of an e-mail address after '@', lowercased; NULL where the text is not an address.

    The whole text must be an address: in other text a name or a number may follow the last '@'.
    """
    text = canonical(address, EMAIL_DOMAIN)
    return F.nullif(F.regexp_extract(text, _ADDRESS, 1), F.lit(""))
