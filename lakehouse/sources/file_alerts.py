"""Alerts about files: how many, what happened to them, and the names of the first few."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 3  # files that an alert names; the ledger has them all


def alert(names: Sequence[str], what: str) -> str:
    """``5 files skipped: a.csv, b.csv, c.csv and 2 more``, where ``what`` is ``skipped``."""
    count = f"{len(names)} file{'s' if len(names) != 1 else ''}"
    more = len(names) - _NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"{count} {what}: {', '.join(names[:_NAMED])}{rest}"
