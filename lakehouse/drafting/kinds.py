"""What a column holds, and the kind of ``conf/privacy.yml`` that is meant for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lakehouse.drafting.vocabulary import KINDS


@dataclass(frozen=True)
class Proposal:
    """What a column holds, as a key of ``vocabulary.KINDS``; ``HARMLESS``; or None: undecided.

    ``reason`` completes the sentence "left out: …".
    """

    holds: str | None
    reason: str = ""


HARMLESS = Proposal("nothing personal")


def kind_for(holds: str, kinds: Collection[str]) -> str | None:
    """The kind of the policy for what a column holds; None where the policy has none."""
    if holds == HARMLESS.holds:
        return "none" if "none" in kinds else None
    return next((kind for kind in KINDS[holds] if kind in kinds), None)
