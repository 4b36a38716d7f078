"""A silver table of several sources: each has its own transformation, and their rows are united.

A branch is the table as made of one of its sources. ``_precedence`` says from which source a row
came: 1 for the one that is declared first, whose rows win where nothing else decides.

    silver.customers        bronze.crm    customer 7, version 3  →  _precedence 1, wins
                            bronze.web    customer 7, version 3  →  _precedence 2, superseded
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import SilverTable
from lakehouse.errors import DeclarationError
from lakehouse.refresh.batch import Batch
from lakehouse.refresh.definition import Definition, fingerprint
from lakehouse.refresh.precedence import PRECEDENCE
from lakehouse.refresh.progress import Position


@dataclass(frozen=True)
class UnitedBatch(Batch):
    """The batches of the sources that have something new, by source."""

    parts: Mapping[str, Batch] = field(default_factory=dict)


def branches_of(definition: Definition) -> tuple[Definition, ...]:
    """The definition of each source's branch; the definition itself where there is one source."""
    return definition.branches or (definition,)


def parts_of(definition: Definition, batch: Batch) -> Iterator[tuple[Definition, Batch]]:
    """Each branch that has something new, with its batch."""
    for branch in branches_of(definition):
        if not isinstance(batch, UnitedBatch):
            yield branch, batch
        elif branch.sources[0] in batch.parts:
            yield branch, batch.parts[branch.sources[0]]


def unite_batches(parts: Mapping[str, Batch], before: Mapping[str, Position]) -> Batch:
    """The batch of all sources; ``before`` is how far each was read. Either all batches are full
    reads, or none is."""
    batches = list(parts.values())
    counts = [batch.source_row_count for batch in batches]
    is_full = any(batch.is_full for batch in batches)
    read = {name: at for batch in batches for name, at in batch.inputs.items()}
    return UnitedBatch(
        {**before, **read},
        None if is_full else before,
        why=next((batch.why for batch in batches if batch.why), ""),
        tag={key: value for batch in batches for key, value in batch.tag.items()},
        source_row_count=None if None in counts else sum(filter(None, counts)),
        has_more=any(batch.has_more for batch in batches),
        parts=parts,
    )


def unite_rows(
    definition: Definition, rows: Iterable[tuple[Definition, DataFrame]], first: DataFrame
) -> DataFrame:
    """The transformed rows of the branches in one frame, with ``_precedence``.

    ``first`` is any frame of the first branch: the columns are in its order, whichever sources have
    rows. Raises DeclarationError where a transformation returns other columns or types.
    """
    ranked: list[DataFrame] = []
    for branch, frame in rows:
        _check_same_columns(definition.branches[0], dict(first.dtypes), branch, dict(frame.dtypes))
        rank = definition.sources.index(branch.sources[0]) + 1
        ranked.append(frame.select(*first.columns, F.lit(rank).alias(PRECEDENCE)))
    return reduce(DataFrame.unionByName, ranked)


def _check_same_columns(
    first: Definition, columns: Mapping[str, str], branch: Definition, others: Mapping[str, str]
) -> None:
    differing = [name for name in {**columns, **others} if columns.get(name) != others.get(name)]
    if not differing:
        return
    one = differing[0]
    texts = [types.get(one, "no such column") for types in (columns, others)]
    raise DeclarationError(
        f"{branch.name}: '{one}' is {texts[1]} here and {texts[0]} in {first.where}",
        where=branch.where,
        hint="the transformations of all sources return the same columns with the same types",
    )


def unite_definitions(table: SilverTable, branches: Sequence[Definition]) -> Definition:
    """The definition of a table of several sources, from the definitions of its branches."""
    parts: dict[str, Any] = {**branches[0].parts}
    parts["logic"] = fingerprint({"logic": [branch.parts["logic"] for branch in branches]})
    parts["sources"] = list(table.sources)
    parts["inputs"] = list(table.inputs)
    parts.pop("select", None)
    if all("select" in branch.parts for branch in branches):
        parts["select"] = _unite_selects([branch.parts["select"] for branch in branches])
    for name in ("treatments", "constants"):
        parts[name] = {
            key: text for branch in branches for key, text in branch.parts.get(name, {}).items()
        }
    keys = [branch.parts["key"] for branch in branches if "key" in branch.parts]
    parts |= {"key": keys[0]} if keys else {}
    own = tuple(replace(branch, parts=parts) for branch in branches)
    return replace(
        branches[0],
        table=table,
        inputs=tuple(table.inputs),
        parts=parts,
        treatments={
            f"{branch.sources[0]}.{column}": text
            for branch in branches
            for column, text in branch.treatments.items()
        },
        protection={
            column: text for branch in branches for column, text in branch.protection.items()
        },
        branches=own,
    )


def _unite_selects(selects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for select in selects for name in select["columns"])
    return {
        "rest": fingerprint({"rest": [select["rest"] for select in selects]}),
        "columns": {
            name: fingerprint({"column": [select["columns"].get(name) for select in selects]})
            for name in names
        },
    }
