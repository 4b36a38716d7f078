"""What privacy adds to the definition of a table: the treatments that it reads, and the key.

A table's definition is compared with the one that made its rows. So these texts change when, and
only when, a treatment changes: not with the name of a kind, the order of lines or the wording
that documents show.

    pii: email, and  email: {token: email, also: domain}   ->  "token email also domain"
    no pii entry                                            ->  "stays in bronze"
"""

from __future__ import annotations

from collections.abc import Mapping

from lakehouse.config.declarations import Column
from lakehouse.privacy.derivation import derive
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy


def describe_treatments(columns: Mapping[str, Column], policy: Policy) -> dict[str, str]:
    """The canonical text of each column's treatment, by the column's name in order.

    Raises DeclarationError for a kind that the policy does not know.
    """
    return {
        name: "stays in bronze" if column.pii is None else policy.treatment(column.pii).text
        for name, column in sorted(columns.items())
    }


def reads_tokens(columns: Mapping[str, Column], policy: Policy) -> bool:
    """Whether another key would change a value of these columns.

    Raises DeclarationError for a kind that the policy does not know.
    """
    kinds = [column.pii for column in columns.values() if column.pii is not None]
    return any(policy.treatment(kind).token_domains for kind in kinds)


def key_fingerprint(key: Key) -> str:
    """Sixteen hexadecimal digits that change with the key, and give neither it nor its id.

    HKDF's first block is an HMAC of a constant under what was extracted from the key.
    """
    return derive(key, "key fingerprint", 8).hex()
