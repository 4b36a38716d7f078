"""Unknown columns: names that no visible relation can have, reported before anything runs.

Only what is certain is reported: anything else would stop a query that Spark understands. So a
relation whose columns are unknown makes every name possible, and so do PIVOT, names that Spark
makes up, and columns of the library (a leading ``_``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError, in_order
from lakehouse.sql import functions
from lakehouse.sql.columns import Columns, Outputs
from lakehouse.sql.query import Query
from lakehouse.sql.relations import relations

_WITH_UNIT = frozenset(
    "dateadd date_add datediff date_diff timestampadd timestampdiff timediff".split()
)
_UNITS = frozenset(
    """
    year quarter month week day dayofyear hour minute second millisecond microsecond
    """.split()
)
_BEFORE_ALIASES = ("from_", "joins", "laterals", "where")
_IMPLICIT = functions.TIME_WINDOWS | functions.CALLED_WITHOUT_PARENTHESES | {"all"}


def find_unknown_columns(query: Query, inputs: Mapping[str, Columns]) -> list[DeclarationError]:
    """An error (file:line, nearest name) for each column that no visible relation can have."""
    outputs = Outputs(inputs)
    errors = []
    for column in query.tree.find_all(exp.Column):
        if is_name(column) and not column.find_ancestor(exp.Hint):
            visible = _visible_from(column, outputs)
            if not visible.may_have(column):
                errors.append(_error(query, column, visible))
    return in_order(errors)


def is_name(column: exp.Column) -> bool:
    """Whether a column is one: no unit of time, parameter of a lambda or name of the library."""
    first = column.parts[0].name.lower()
    if column.is_star or first.startswith("_") or column.name.startswith("_"):
        return False
    return first not in _IMPLICIT and not _is_unit(column) and not _is_parameter(column, first)


@dataclass
class _Visible:
    """What a column's place lets it see: relations by alias, other names, or anything at all."""

    relations: list[tuple[str, Columns]]
    names: set[str]
    anything: bool = False

    def may_have(self, column: exp.Column) -> bool:
        """Whether the column may be there: by name, as a table's column or a column's field."""
        if self.anything or any(columns is None for _, columns in self.relations):
            return True
        parts = [part.name.lower() for part in column.parts]
        if parts[0] in self.names:
            return True
        for alias, columns in self.relations:
            known = {name.lower() for name in columns or ()}
            if parts[0] in known or (len(parts) > 1 and parts[0] == alias and parts[1] in known):
                return True
        return False


def _visible_from(column: exp.Column, outputs: Outputs) -> _Visible:
    visible = _Visible([], set())
    for query, clause in _scopes(column):
        if isinstance(query, exp.Select):
            seen = relations(query)
            visible.relations += [
                (source.alias_or_name.lower(), outputs.of_relation(source)) for source in seen
            ]
            if clause not in _BEFORE_ALIASES:
                visible.names |= _aliases(query)
                nameless = any(not item.is_star and not item.output_name for item in query.selects)
                visible.anything |= nameless and clause != "expressions"
        else:
            visible.relations.append(("", outputs.of_query(query)))
    return visible


def _scopes(node: exp.Expr) -> Iterator[tuple[exp.Query, str]]:
    """The queries whose relations ``node`` sees, inside out, with the clause that it stands in.

    A query in FROM, JOIN or WITH does not see the query around it; one inside an expression, and
    behind LATERAL, does.
    """
    child, parent = node, node.parent
    hidden = False
    while parent is not None:
        if isinstance(parent, exp.Select):
            if not hidden:
                yield parent, str(child.arg_key)
            hidden = False
        elif isinstance(parent, exp.SetOperation | exp.Subquery) and not isinstance(
            child, exp.Query | exp.TableAlias | exp.With
        ):
            yield parent, str(child.arg_key)
        elif isinstance(child, exp.With):
            hidden = False
        elif isinstance(child, exp.Query) and (
            isinstance(parent, exp.From | exp.CTE)
            or (isinstance(parent, exp.Join) and child.arg_key == "this")
        ):
            hidden = True
        child, parent = parent, parent.parent


def _aliases(select: exp.Select) -> set[str]:
    names: set[str] = set()
    for item in select.expressions:
        aliases = item.aliases if isinstance(item, exp.Aliases) else [item.args.get("alias")]
        names |= {alias.name.lower() for alias in aliases if isinstance(alias, exp.Identifier)}
    return names


def _is_unit(column: exp.Column) -> bool:
    """``DAY`` of ``dateadd(DAY, 1, d)``."""
    call = column.parent
    if not isinstance(call, exp.Anonymous) or call.name.lower() not in _WITH_UNIT:
        return False
    return call.expressions[0] is column and column.name.lower() in _UNITS and not column.table


def _is_parameter(column: exp.Column, first: str) -> bool:
    above = column.find_ancestor(exp.Lambda)
    while above is not None:
        if first in {parameter.name.lower() for parameter in above.expressions}:
            return True
        above = above.find_ancestor(exp.Lambda)
    return False


def _error(query: Query, column: exp.Column, visible: _Visible) -> DeclarationError:
    name = ".".join(part.name for part in column.parts)
    known = [
        f"{alias}.{column_name}" if column.table and alias else column_name
        for alias, columns in visible.relations
        for column_name in columns or ()
    ]
    near = did_you_mean(name, known)
    hint = None if near or not known else f"there are: {', '.join(dict.fromkeys(known))}"
    return query.error(f"no column '{name}'{near}", column, hint)
