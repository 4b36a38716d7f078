"""Sets of candidates by name: the library's own, and those of installed packages.

Nothing of scikit-learn is imported until a set is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakehouse.config.plugins import Registry

CandidateSet = Callable[[list[str], list[str]], dict[str, Any]]
"""From the numeric and the categorical columns to candidates or pipelines by name."""


def _check(_: str, loaded: Any) -> str | None:
    return None if callable(loaded) else "it is not a function of numeric and categorical columns"


CANDIDATES: Registry[CandidateSet] = Registry(
    "lakehouse.candidates", {"standard": "lakehouse.ml.candidates:standard"}, check=_check
)
"""What ``candidates:`` of a model may name by one word."""
