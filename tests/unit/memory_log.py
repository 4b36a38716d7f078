"""A log of decisions without a warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lakehouse.refresh.promotions import Promotion


@dataclass
class MemoryLog:
    """Decisions in a list."""

    promotions: list[Promotion] = field(default_factory=list)

    def read(self, model: str) -> list[Promotion]:
        """The decisions on a registered model, oldest first."""
        return [promotion for promotion in self.promotions if promotion.model == model]

    def append(self, promotion: Promotion) -> None:
        """Record a decision."""
        self.promotions.append(promotion)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else is there."""
        yield
