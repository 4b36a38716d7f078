"""Bind a query's parameters: ``:as_of`` to a literal date, constants to their values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlglot import exp

from lakehouse.errors import RunFailed
from lakehouse.sql.dialect import to_expression
from lakehouse.sql.query import Query


def bind_dates(query: Query, values: Mapping[str, date] | None = None) -> Query:
    """Replace each parameter by its date. Raises RunFailed where a date is missing."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        day = (values or {}).get(parameter.name)
        if not isinstance(day, date) or isinstance(day, datetime):
            raise RunFailed(f"no date was given for :{parameter.name}", where=query.file)
        parameter.replace(to_expression(f"DATE'{day.isoformat()}'"))
    return query.with_tree(tree)


def bind_constants(query: Query, constants: Mapping[str, str | int]) -> Query:
    """Replace each parameter in ``constants`` by its string or integer."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        if parameter.name in constants:
            parameter.replace(exp.convert(constants[parameter.name]))
    return query.with_tree(tree)


def has_parameter(query: Query, name: str) -> bool:
    """Whether the query reads the parameter ``:name``."""
    return any(parameter.name == name for parameter in query.tree.find_all(exp.Placeholder))


def render_sql(query: Query, values: Mapping[str, date] | None = None) -> str:
    """The SQL to show to people: inputs by name, parameters as dates."""
    return bind_dates(query, values).sql()
