"""Spark's functions and types, imported on first use.

A treatment, an expectation or a source is one module, with its declaration and its Spark code.
``lakehouse validate`` imports these modules without Spark, so they take ``F`` and ``T`` from here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["F", "T"]


class _LateModule:
    """A module that is imported when one of its attributes is accessed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


if TYPE_CHECKING:
    from pyspark.sql import functions as F
    from pyspark.sql import types as T
else:
    F, T = _LateModule("pyspark.sql.functions"), _LateModule("pyspark.sql.types")
