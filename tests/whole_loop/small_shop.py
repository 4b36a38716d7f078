"""A small shop of generated files: its size, and what its notebooks show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from warehouse import ROOT, Warehouse

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
KEY = "whole-loop-test-key-whole-loop-test-key"
CUSTOMERS, DAYS, FIRST_DAY = 300, 98, date(2026, 3, 1)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)


@dataclass(frozen=True)
class Loop:
    """The shop after all notebooks have run, and what each of them printed and drew, by name."""

    shop: Warehouse
    printed: dict[str, str]
    drawn: dict[str, list[str]]
