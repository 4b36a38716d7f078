"""``scrub``: free text without e-mail addresses, phone, card and account numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.privacy.scrubbing import scrub
from lakehouse.privacy.treatments.treatment import Treatment

if TYPE_CHECKING:
    from pyspark.sql import Column


@dataclass(frozen=True)
class Scrub(Treatment):
    """See ``lakehouse.privacy.scrubbing`` for what is replaced."""

    word = "scrub"
    form = "scrub"

    def apply(self, column: str, value: Column) -> list[Column]:
        """The text with placeholders such as ``[email]``."""
        return [scrub(value)]
