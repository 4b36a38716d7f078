"""Run a query over given DataFrames, with ``:as_of`` as a literal date.

Names are never looked up in a catalog: ``silver.orders`` in a query is the frame that the caller
passes, which is protected or a point-in-time read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from lakehouse.errors import RunFailed
from lakehouse.sql.dialect import to_sql
from lakehouse.sql.explain import explain
from lakehouse.sql.parameters import bind_dates
from lakehouse.sql.query import Query, bound_tables


def run(
    spark: SparkSession,
    query: Query,
    frames: Mapping[str, DataFrame],
    values: Mapping[str, date] | None = None,
) -> DataFrame:
    """The result of the query over ``frames``, one for each name in ``query.relations``.

    ``values`` has the date of each parameter. Works over Spark Connect. Raises RunFailed where a
    frame or a date is missing, DeclarationError (file:line) where Spark refuses the query.
    """
    names = sorted(query.relations)
    missing = [name for name in names if name not in frames]
    if missing:
        raise RunFailed(f"no frame was given for {', '.join(missing)}", where=query.file)
    text = _to_template(bind_dates(query, values), names)
    arguments: dict[str, Any] = {f"t{index}": frames[name] for index, name in enumerate(names)}
    try:
        return spark.sql(text, **arguments)
    except AnalysisException as problem:
        raise explain(problem, query) from problem


def _to_template(query: Query, names: list[str]) -> str:
    """The SQL with ``{t0}``, ``{t1}`` … for the relations; all other braces are doubled."""
    tree = query.tree.copy()
    mark = "library_relation"
    while mark in to_sql(tree):
        mark += "_x"
    for name, table in list(bound_tables(tree)):
        table.set("db", None)
        table.set("this", exp.to_identifier(f"{mark}_{names.index(name)}_", quoted=False))
    text = to_sql(tree).replace("{", "{{").replace("}", "}}")
    for index in range(len(names)):
        text = text.replace(f"{mark}_{index}_", f"{{t{index}}}")
    return text
