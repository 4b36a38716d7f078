"""Turn Spark's analysis errors into declaration errors: what, where, what next."""

from __future__ import annotations

import re

from pyspark.errors import AnalysisException
from sqlglot import exp

from lakehouse.config.yaml_file import nearest
from lakehouse.errors import DeclarationError
from lakehouse.sql.query import Query

_QUOTED = re.compile(r"`((?:[^`]|``)+)`")


def explain(problem: AnalysisException, query: Query) -> DeclarationError:
    """Spark's error with file and line, without plan and stack trace."""
    condition = problem.getCondition() or ""
    parameters = problem.getMessageParameters() or {}
    if condition.startswith("UNRESOLVED_COLUMN"):
        name = _unquote(parameters.get("objectName", ""))
        columns = [_unquote(text) for text in parameters.get("proposal", "").split(", ") if text]
        close = nearest(name, columns)
        message = f"no column '{name}'" + (f"; did you mean '{close}'?" if close else "")
        hint = f"there are: {', '.join(columns)}" if columns and not close else None
        return query.error(message, _first_use(query, name), hint)
    first_line = str(problem).strip().split("\n")[0]
    message = re.sub(r"^\[[A-Z0-9_.]+\] ?| ?SQLSTATE: .*$", "", first_line)
    return query.error(message or condition)


def _unquote(name: str) -> str:
    r"""``o.amount`` of ``\`o\`.\`amount\```."""
    return ".".join(_QUOTED.findall(name)) or name


def _first_use(query: Query, name: str) -> exp.Expr | None:
    for column in query.tree.find_all(exp.Column):
        if ".".join(part.name for part in column.parts).lower() == name.lower():
            return column
    return None
