"""The parameters of a query: ``:as_of`` becomes a literal date, a constant its value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlglot import exp

from lakehouse.errors import RunFailed
from lakehouse.sql.dialect import to_expression
from lakehouse.sql.query import Query


def bind_dates(query: Query, values: Mapping[str, date] | None = None) -> Query:
    """The query with each parameter replaced by its date. Raises RunFailed where one is missing."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        day = (values or {}).get(parameter.name)
        if not isinstance(day, date) or isinstance(day, datetime):
            raise RunFailed(f"no date was given for :{parameter.name}", where=query.file)
        parameter.replace(to_expression(f"DATE'{day.isoformat()}'"))
    return query.with_tree(tree)


def bind_constants(query: Query, constants: Mapping[str, str | int]) -> Query:
    """The query with each parameter in ``constants`` replaced by its text or whole number."""
    tree = query.tree.copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        if parameter.name in constants:
            parameter.replace(exp.convert(constants[parameter.name]))
    return query.with_tree(tree)


def render_sql(query: Query, values: Mapping[str, date] | None = None) -> str:
    """What runs, for people: inputs by name, parameters as dates."""
    return bind_dates(query, values).sql()
