"""Run a transformation in Python: ``transform(inputs, *, date)`` beside the declaration."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from types import ModuleType

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from lakehouse.config.declarations import ComputedTable
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError, LakehouseError


def run(
    table: ComputedTable, frames: Mapping[str, DataFrame], *, on: date, needs: tuple[str, ...] = ()
) -> DataFrame:
    """The frame that ``transform(inputs, *, date)`` returns.

    Raises DeclarationError when the function is missing, fails, or drops a column in ``needs``.
    """
    where = f"{shown(table.transformation)}:1"
    transform = getattr(_load(table), "transform", None)
    if not callable(transform):
        raise DeclarationError("no function transform(inputs, *, date)", where=where)
    try:
        frame: DataFrame = transform(dict(frames), date=on)
    except LakehouseError:
        raise
    except AnalysisException as problem:
        raise _spark_error(table, problem) from problem
    except Exception as problem:
        raise DeclarationError(
            f"transform raised {type(problem).__name__}", where=where
        ) from problem
    missing = [name for name in needs if name not in frame.columns]
    if missing:
        raise DeclarationError(
            f"transform drops the library's columns {', '.join(missing)}",
            where=where,
            hint="keep them in the last select",
        )
    return frame


def _load(table: ComputedTable) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"transform_{table.name}", table.transformation)
    if spec is None or spec.loader is None:
        raise DeclarationError("not a Python file", where=shown(table.transformation))
    module = importlib.util.module_from_spec(spec)
    try:
        with _import_path(table):
            spec.loader.exec_module(module)
    except Exception as problem:
        line = getattr(problem, "lineno", 1) or 1
        raise DeclarationError(
            f"cannot be imported: {type(problem).__name__}",
            where=f"{shown(table.transformation)}:{line}",
        ) from problem
    return module


@contextmanager
def _import_path(table: ComputedTable) -> Iterator[None]:
    """Let a transformation import modules from its folder."""
    folder = str(table.transformation.parent.resolve())
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def _spark_error(table: ComputedTable, problem: AnalysisException) -> DeclarationError:
    """Spark's error as a DeclarationError, without its text, which may contain a plan."""
    condition = (problem.getCondition() or "ANALYSIS_ERROR").replace("_", " ").lower()
    details = problem.getMessageParameters() or {}
    name = details.get("objectName", "").replace("`", "")
    return DeclarationError(
        f"Spark rejected the transformation: {condition}{f' ({name})' if name else ''}",
        where=f"{shown(table.transformation)}:1",
        hint="--debug shows Spark's full message",
    )
