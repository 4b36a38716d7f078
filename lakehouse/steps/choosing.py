"""Which tables a step refreshes, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from lakehouse.config.declarations import ComputedTable, Table
from lakehouse.config.pipeline import Pipeline
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError

T = TypeVar("T", bound=Table)
C = TypeVar("C", bound=ComputedTable)


def chosen(declared: Mapping[str, T], names: Sequence[str] | None) -> list[T]:
    """The declared tables among ``names``; all of them where ``names`` is None."""
    return [table for name, table in declared.items() if names is None or name in names]


def check_names(pipeline: Pipeline, names: Sequence[str] | None) -> None:
    """Raise UsageError for a name in ``--tables`` that is no table of the pipeline."""
    known = [*pipeline.tables(), *pipeline.predictions()]
    for name in names or ():
        if name not in known:
            raise UsageError(
                f"{name} is no table of '{pipeline.name}'{did_you_mean(name, known)}",
                where="--tables",
                hint=f"tables: {', '.join(sorted(known))}",
            )


def waves(tables: Sequence[C]) -> list[list[C]]:
    """The tables in waves, such that each reads only tables of earlier waves."""
    remaining = {table.table: table for table in tables}
    ordered: list[list[C]] = []
    while remaining:
        wave = [table for table in remaining.values() if not set(table.inputs) & set(remaining)]
        if not wave:
            names = ", ".join(sorted(remaining))
            raise UsageError(f"these tables read each other in a circle: {names}")
        ordered.append(wave)
        for table in wave:
            del remaining[table.table]
    return ordered
