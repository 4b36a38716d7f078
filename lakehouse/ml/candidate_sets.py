"""Sets of candidates by name: the library's own, and those of installed packages.

scikit-learn is not imported until a set is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lakehouse.config.plugins import Registry

CandidateSet = Callable[..., dict[str, Any]]
"""A function of the numeric and the categorical columns that returns candidates by name. One that
serves several tasks also has a parameter ``task``."""


def _check(_: str, loaded: Any) -> str | None:
    return None if callable(loaded) else "it is not a function of numeric and categorical columns"


CANDIDATES: Registry[CandidateSet] = Registry(
    "lakehouse.candidates", {"standard": "lakehouse.ml.candidates:standard"}, check=_check
)
"""The candidate sets that ``candidates:`` of a model can name."""
