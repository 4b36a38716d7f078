"""From a Query to a DataFrame: names become given frames, ``:as_of`` a literal date.

A name is never looked up in a catalog: `silver.orders` of a query is the frame that the caller
gives, which is protected or as known on a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from lakehouse.errors import RunFailed
from lakehouse.sql.dialect import expression_of, text_of
from lakehouse.sql.explain import explained
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
    text = _formattable(bound(query, values), names)
    given: dict[str, Any] = {f"t{index}": frames[name] for index, name in enumerate(names)}
    try:
        return spark.sql(text, **given)
    except AnalysisException as problem:
        raise explained(problem, query) from problem


def bound_text(query: Query, values: Mapping[str, date] | None = None) -> str:
    """What runs, for people: inputs by name, parameters as dates."""
    return bound(query, values).sql()


def bound(query: Query, values: Mapping[str, date] | None = None) -> Query:
    """The query with each parameter replaced by its day. Raises RunFailed where one is missing."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        day = (values or {}).get(parameter.name)
        if not isinstance(day, date) or isinstance(day, datetime):
            raise RunFailed(f"no day was given for :{parameter.name}", where=query.file)
        parameter.replace(expression_of(f"DATE'{day.isoformat()}'"))
    return query.with_tree(tree)


def with_constants(query: Query, constants: Mapping[str, str | int]) -> Query:
    """The query with each parameter in ``constants`` replaced by its text or whole number."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        if parameter.name in constants:
            parameter.replace(exp.convert(constants[parameter.name]))
    return query.with_tree(tree)


def _formattable(query: Query, names: list[str]) -> str:
    """The text with ``{t0}``, ``{t1}`` … for the relations and every other brace doubled."""
    tree = query.tree.copy()
    mark = "library_relation"
    while mark in text_of(tree):
        mark += "_x"
    for name, table in list(bound_tables(tree)):
        table.set("db", None)
        table.set("this", exp.to_identifier(f"{mark}_{names.index(name)}_", quoted=False))
    text = text_of(tree).replace("{", "{{").replace("}", "}}")
    for index in range(len(names)):
        text = text.replace(f"{mark}_{index}_", f"{{t{index}}}")
    return text
