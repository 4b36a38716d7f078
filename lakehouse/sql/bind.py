"""From a Query to a DataFrame: names become given frames, ``:as_of`` a literal date.

A name is never looked up in a catalog: `silver.orders` of a query is the frame that the caller
gives, which is protected or as known on a day.
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
    """The query's result over ``frames``, one for each name in ``query.relations``.

    ``values`` gives a day for each parameter. Works over Spark Connect. Raises RunFailed where a
    frame or a day is missing, DeclarationError (file:line) where Spark refuses the query.
    """
    names = sorted(query.relations)
    missing = [name for name in names if name not in frames]
    if missing:
        raise RunFailed(f"no frame was given for {', '.join(missing)}", where=query.file)
    text = _to_template(bind_dates(query, values), names)
    given: dict[str, Any] = {f"t{index}": frames[name] for index, name in enumerate(names)}
    try:
        return spark.sql(text, **given)
    except AnalysisException as problem:
        raise explain(problem, query) from problem


def _to_template(query: Query, names: list[str]) -> str:
    """The text with ``{t0}``, ``{t1}`` … for the relations and every other brace doubled."""
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
