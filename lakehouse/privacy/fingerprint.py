"""The part of a table's definition that privacy adds: its treatments, and the key of its tokens.

A table's definition is compared with the one its rows were computed with. So these texts change
only when a treatment changes, and not with the name of a kind, the order of lines or the wording of
the documentation.

    pii: email, and  email: {token: email, also: domain}   ->  "token email also domain"
    no pii entry                                            ->  "stays in bronze"
"""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.config.column import Column
from lakehouse.privacy.derivation import derive
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy


def describe_treatments(columns: Mapping[str, Column], policy: Policy) -> dict[str, str]:
    """The canonical text of each column's treatment, by the column's name in order.

    Raises DeclarationError for a kind that the policy does not have.
    """
    return {
        name: "stays in bronze" if column.pii is None else policy.treatment(column.pii).text
        for name, column in sorted(columns.items())
    }


def reads_tokens(columns: Mapping[str, Column], policy: Policy) -> bool:
    """Whether another key would change a value of these columns.

    Raises DeclarationError for a kind that the policy does not have.
    """
    kinds = [column.pii for column in columns.values() if column.pii is not None]
    return any(policy.treatment(kind).token_domains for kind in kinds)


def key_fingerprint(key: Key) -> str:
    """Sixteen hexadecimal digits that identify the key; they reveal neither the key nor its id.

    The first block of HKDF: an HMAC of a constant under the extracted key.
    """
    return derive(key, "key fingerprint", 8).hex()
