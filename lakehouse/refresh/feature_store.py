"""``ops.feature_store``: what each feature is, how it is computed, and how much of it is there.

Grain: one row per column of a feature table, without keys and ``as_of``. The table is written anew
when a definition of a feature table changes, and with each training; ``first_day``, ``last_day``,
``rows`` and ``null_share`` are of that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sqlglot import exp

from lakehouse.config.declarations import SnapshotTable
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition, fingerprint
from lakehouse.sql import dialect
from lakehouse.storage import writes

FEATURE_STORE = "ops.feature_store"
_FINGERPRINTS = "features"
_SCHEMA = (
    "table string, feature string, entity string, sql string, description string, owner string, "
    "type string, status string, definition string, first_day date, last_day date, rows bigint, "
    "null_share double"
)


class Feature(NamedTuple):
    """A row. ``sql`` is the expression of the select list; NULL for Python, ``*`` and unions.

    ``definition`` is a hash of everything that can change the feature's values. ``null_share`` is
    NULL for a table without rows.
    """

    table: str
    feature: str
    entity: str
    sql: str | None
    description: str | None
    owner: str
    type: str
    status: str
    definition: str
    first_day: date | None
    last_day: date | None
    rows: int
    null_share: float | None


def refresh_feature_store(
    context: RunContext, definitions: Mapping[str, Definition], *, always: bool = False
) -> None:
    """Write the table anew, unless no definition has changed and not ``always``.

    Without the feature tables that are not written yet. Does nothing where ``definitions`` lacks
    one of the pipeline's feature tables: it would leave their features out.
    """
    if not definitions.keys() >= context.pipeline.features.keys():
        return
    tables = {name: definitions[name] for name in context.pipeline.features}
    built = {
        name: definition
        for name, definition in tables.items()
        if context.progress.state(context.tables, name) is not None
    }
    now = {name: _declared(definition) for name, definition in built.items()}
    if not built or (not always and _recorded(context) == now):
        return
    rows = [row for definition in built.values() for row in _features(context, definition)]
    frame = context.spark.createDataFrame(rows, _SCHEMA).coalesce(1)
    tag = {"run_id": context.run.run_id, _FINGERPRINTS: now}
    with context.progress.locked(context.tables, FEATURE_STORE):
        writes.overwrite(context.tables, FEATURE_STORE, frame, tag)
        context.progress.forget(FEATURE_STORE)


def _recorded(context: RunContext) -> dict[str, str]:
    state = context.progress.state(context.tables, FEATURE_STORE)
    commit = state.last_tagged if state else None
    return dict(commit.tag.get(_FINGERPRINTS, {})) if commit else {}


def _declared(definition: Definition) -> str:
    """A hash of the definition and of what is declared of the features."""
    table = _table(definition)
    told = {name: column.model_dump() for name, column in table.columns.items()}
    return fingerprint({"parts": definition.fingerprint, "told": told, "owner": table.info.owner})


def _features(context: RunContext, definition: Definition) -> Iterator[Feature]:
    table = _table(definition)
    stored = context.tables.read(definition.name)
    types = dict(stored.dtypes)
    names = [name for name in stored.columns if name not in ("as_of", *table.keys)]
    first, last, rows, *nulls = _measure(stored, names)
    expressions = dict(_expressions(definition))
    for name, missing in zip(names, nulls, strict=True):
        told = table.columns.get(name)
        yield Feature(
            table=definition.name,
            feature=name,
            entity=", ".join(table.keys),
            sql=expressions.get(name),
            description=told.description if told else None,
            owner=(told.owner if told else None) or table.info.owner,
            type=types[name],
            status=told.status if told else "active",
            definition=_fingerprint_of(definition, name),
            first_day=first,
            last_day=last,
            rows=rows,
            null_share=missing / rows if rows else None,
        )


def _measure(stored: DataFrame, names: Sequence[str]) -> Sequence[Any]:
    """The first and the last day, the rows, and the NULLs of each column, in one query."""
    nulls = [F.count_if(F.col(f"`{name}`").isNull()) for name in names]
    measured = stored.agg(F.min("as_of"), F.max("as_of"), F.count(F.lit(1)), *nulls)
    return tuple(measured.collect()[0])


def _expressions(definition: Definition) -> Iterator[tuple[str, str]]:
    tree = definition.query.tree if definition.query is not None else None
    if isinstance(tree, exp.Select):
        for item in tree.expressions:
            if not item.is_star:
                yield item.alias_or_name, dialect.to_sql(item.unalias())


def _fingerprint_of(definition: Definition, name: str) -> str:
    """The table's fingerprint, or a finer one where only the feature's own expression counts."""
    select = definition.parts.get("select")
    if not select or name not in select["columns"]:
        return definition.fingerprint
    others = {key: part for key, part in definition.parts.items() if key not in ("select", "logic")}
    return fingerprint({**others, "rest": select["rest"], "column": select["columns"][name]})


def _table(definition: Definition) -> SnapshotTable:
    if not isinstance(definition.table, SnapshotTable):
        raise TypeError(f"{definition.name} is not a feature table")
    return definition.table
