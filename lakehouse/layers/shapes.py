"""The shape of a computed table: its SQL, parsed before it runs, or its Python function."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from datetime import date
from types import ModuleType

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame

from lakehouse.config.declarations import ComputedTable
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError, LakehouseError
from lakehouse.sql.bind import with_constants
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query


def is_sql(table: ComputedTable) -> bool:
    """Whether the shape is SQL."""
    return table.shape.suffix == ".sql"


def query(table: ComputedTable, *, parameters: tuple[str, ...] = ()) -> Query:
    """The parsed SQL of the table, its pipeline's calendar in place of ``:timezone`` and
    ``:week_shift``. Raises DeclarationError (file:line) for what is refused."""
    constants = table.info.constants
    parsed = parse(
        table.shape.read_text(encoding="utf-8"),
        file=shown(table.shape),
        inputs=table.inputs,
        parameters=(*parameters, *constants),
    )
    return with_constants(parsed, constants)


def run_python(
    table: ComputedTable, frames: Mapping[str, DataFrame], *, on: date, needs: tuple[str, ...] = ()
) -> DataFrame:
    """The frame that ``transform(inputs, *, date)`` beside the declaration makes.

    Raises DeclarationError when the function is missing, fails, or drops a column in ``needs``.
    """
    transform = getattr(_module(table), "transform", None)
    if not callable(transform):
        raise DeclarationError(
            "no function transform(inputs, *, date)", where=f"{shown(table.shape)}:1"
        )
    try:
        frame: DataFrame = transform(dict(frames), date=on)
    except LakehouseError:
        raise
    except AnalysisException as problem:
        raise _not_understood(table, problem) from problem
    except Exception as problem:
        raise DeclarationError(
            f"transform raised {type(problem).__name__}", where=f"{shown(table.shape)}:1"
        ) from problem
    lost = [name for name in needs if name not in frame.columns]
    if lost:
        raise DeclarationError(
            f"transform drops {', '.join(lost)}, by which the library knows a row's day and form",
            where=f"{shown(table.shape)}:1",
            hint="keep them in the last select",
        )
    return frame


def _module(table: ComputedTable) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"shape_{table.name}", table.shape)
    if spec is None or spec.loader is None:
        raise DeclarationError("not a Python file", where=shown(table.shape))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        line = getattr(problem, "lineno", 1) or 1
        raise DeclarationError(
            f"cannot be imported: {type(problem).__name__}", where=f"{shown(table.shape)}:{line}"
        ) from problem
    return module


def _not_understood(table: ComputedTable, problem: AnalysisException) -> DeclarationError:
    """Spark's refusal of a Python shape. Its own text stays out: it may show a plan."""
    condition = (problem.getCondition() or "ANALYSIS_ERROR").replace("_", " ").lower()
    details = problem.getMessageParameters() or {}
    name = details.get("objectName", "").replace("`", "")
    return DeclarationError(
        f"Spark does not accept what transform does: {condition}{f' ({name})' if name else ''}",
        where=f"{shown(table.shape)}:1",
        hint="--debug shows Spark's whole message",
    )
