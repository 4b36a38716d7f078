"""Declared expressions over a table's output columns, such as ``apply_as_deletes``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError
from lakehouse.sql import dialect, functions, grammar, parse, scope
from lakehouse.sql.query import Query
from lakehouse.sql.references import is_name

if TYPE_CHECKING:
    from pyspark.sql import Column

_OF_MANY_ROWS = functions.WINDOWS | functions.GENERATORS | functions.TIME_WINDOWS


@dataclass(frozen=True)
class Expression:
    """An expression that depends on a single row. ``tree`` is never changed in place."""

    tree: exp.Expr
    file: str
    line: int

    def sql(self) -> str:
        """The SQL to run, generated from the tree."""
        return dialect.to_sql(self.tree)

    def column(self) -> Column:
        """The expression as a Column."""
        from pyspark.sql import functions as F

        return F.expr(self.sql())


def parse_expression(
    text: str, *, file: str, line: int, columns: tuple[str, ...] | None
) -> Expression:
    """Parse ``text`` as ``SELECT <text> FROM <the table's output>``.

    ``line`` is the line of ``file`` on which the text begins; ``columns`` are the output's columns,
    None where they are not known. Raises DeclarationError (file:line) for anything that depends on
    more than the row: queries, relations, aggregates, windows, non-deterministic functions and
    functions of the session; and for a column that the output does not have.
    """
    try:
        tree = _parse_one(text, file, line)
        reparsed = _parse_one(dialect.to_sql(tree), file, 1)
        for parsed in (tree, reparsed):
            _check(parsed, file, columns)
        if dialect.to_sql(tree) != dialect.to_sql(reparsed):
            raise _query(tree, file).error(
                "the expression does not survive a round trip through the parser", tree
            )
    except DeclarationError as error:
        raise DeclarationError(
            error.message, where=f"{file}:{max(line, _line(error))}", hint=error.hint
        ) from None
    return Expression(tree, file, line)


def _parse_one(text: str, file: str, line: int) -> exp.Expr:
    """Parse the expression, padded with newlines so that errors have the line of ``file``."""
    query = parse.parse_query("\n" * (line - 1) + "SELECT " + text, file)
    parts = {name for name, value in query.args.items() if value}
    items = query.selects if isinstance(query, exp.Select) else []
    if parts != {"expressions"} or len(items) != 1 or isinstance(items[0], exp.Alias | exp.Aliases):
        raise DeclarationError(
            "one expression over the table's columns is expected",
            where=f"{file}:{line}",
            hint="for example: op = 'D'",
        )
    return items[0]


def _check(tree: exp.Expr, file: str, columns: tuple[str, ...] | None) -> None:
    query = _query(tree, file)
    inner = tree.find(exp.Query)
    if inner is not None:
        raise query.error("an expression cannot contain a query", inner)
    grammar.check(query)
    for node in tree.walk():
        called = isinstance(node, exp.Anonymous) and node.name.lower() in _OF_MANY_ROWS
        if isinstance(node, exp.Window) or scope.is_aggregate(node) or called:
            name = "a window" if isinstance(node, exp.Window) else f"{node.name}()"
            raise query.error(f"{name} depends on other rows; an expression sees one row", node)
        if isinstance(node, exp.Star):
            raise query.error("'*' is not a column", node)
        if isinstance(node, exp.Column) and columns is not None:
            _check_column(query, node, columns)


def _check_column(query: Query, column: exp.Column, columns: tuple[str, ...]) -> None:
    first = column.parts[0].name
    if first.lower() in {name.lower() for name in columns} or not is_name(column):
        return
    near = did_you_mean(first, columns)
    hint = None if near else f"there are: {', '.join(columns)}"
    raise query.error(f"no column '{first}'{near}", column, hint)


def _query(tree: exp.Expr, file: str) -> Query:
    """The expression as a query without FROM, for the checks of queries."""
    return Query(exp.Select(expressions=[tree.copy()]), file, ())


def _line(error: DeclarationError) -> int:
    line = (error.where or "").rpartition(":")[2]
    return int(line) if line.isdigit() else 1
