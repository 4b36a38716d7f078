"""A medallion lakehouse of declared tables: idempotent, private, checked and recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakehouse.api import Lakehouse

__version__ = "0.1.0"


def open(pipeline: str = "retail", env: str = "dev", **options: Any) -> Lakehouse:  # noqa: A001
    """Open a pipeline in an environment; see ``lakehouse.api.open_lakehouse``."""
    from lakehouse.api import open_lakehouse

    return open_lakehouse(pipeline, env, **options)
