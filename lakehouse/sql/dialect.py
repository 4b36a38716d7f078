"""A dialect that keeps Spark SQL as written: sqlglot translates no function call.

sqlglot's Spark dialect parses functions into expressions of its own (``date_trunc`` into
``TimestampTrunc``, ``try_divide`` into ``SafeDivide``), and not all of them generate the same
function again. Here a function keeps its name and arguments, so that what runs is what was parsed.
"""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ErrorLevel
from sqlglot.generators.spark import SparkGenerator
from sqlglot.parsers.spark import SparkParser
from sqlglot.tokenizer_core import TokenType

from lakehouse.errors import RunFailed

_CALLS_WITH_THEIR_OWN_GRAMMAR = {"CAST", "TRY_CAST", "EXTRACT"}
_REWRITES_OF_OTHER_DIALECTS = (
    exp.Select,
    exp.From,
    exp.Pivot,
    exp.Table,
    exp.WithinGroup,
    exp.Array,
)
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


class _Tokenizer(Spark.Tokenizer):
    STRING_ESCAPES = ["\\", "'", '"']  # 'it''s' is it's since Spark 4


class _Parser(SparkParser):
    FUNCTIONS = {}
    FUNCTION_PARSERS = {
        name: parser
        for name, parser in SparkParser.FUNCTION_PARSERS.items()
        if name in _CALLS_WITH_THEIR_OWN_GRAMMAR or "JOIN" in name or name == "BROADCAST"
    }
    NO_PAREN_FUNCTION_PARSERS = {"CASE": lambda self: self._parse_case()}

    def _parse_interval(
        self, require_interval: bool = True, parse_function_unit: bool = True
    ) -> exp.Add | exp.Interval | None:
        """Refuse several units: sqlglot reads `- INTERVAL 1 DAY 2 HOURS` as minus one, plus two."""
        index = self._index
        interval = super()._parse_interval(require_interval, parse_function_unit)
        if isinstance(interval, exp.Add):
            self._retreat(index)
            self.raise_error("Write an interval as INTERVAL '1 day 2 hours', or in parentheses")
        return interval


class _Generator(SparkGenerator):
    TRANSFORMS = {
        node: write
        for node, write in SparkGenerator.TRANSFORMS.items()
        if node not in _REWRITES_OF_OTHER_DIALECTS
    }
    EXPRESSIONS_WITHOUT_NESTED_CTES = set()

    def literal_sql(self, expression: exp.Literal) -> str:
        """A string literal with all characters escaped that Spark could interpret."""
        if not expression.is_string:
            return str(expression.this)
        return (
            "'" + "".join(_ESCAPES.get(character, character) for character in expression.this) + "'"
        )


class AsWritten(Spark):
    """Spark SQL with function calls as written."""

    Tokenizer = _Tokenizer
    Parser = _Parser
    Generator = _Generator


def parse_statements(text: str) -> list[exp.Expr]:
    """The statements of ``text``. Raises sqlglot's ParseError or TokenError."""
    parsed = sqlglot.parse(text, dialect=AsWritten, error_level=ErrorLevel.IMMEDIATE)
    return [statement.transform(_to_literal) for statement in parsed if statement is not None]


def _to_literal(node: exp.Expr) -> exp.Expr:
    """Turn r'a\\d' and 'one ' 'two' into plain literals; no other node is parsed as a Concat."""
    if isinstance(node, exp.Concat):
        return exp.Literal.string("".join(str(part.this) for part in node.expressions))
    return exp.Literal.string(str(node.this)) if isinstance(node, exp.RawString) else node


def to_query(text: str) -> exp.Query:
    """Parse a query that the library generated."""
    query = sqlglot.parse_one(text, dialect=AsWritten)
    if not isinstance(query, exp.Query):
        raise RunFailed("the library generated SQL that is not a query")
    return query


def to_expression(text: str) -> exp.Expr:
    """Parse an expression that the library generated."""
    return sqlglot.parse_one(text, dialect=AsWritten)


def to_sql(node: exp.Expr, *, pretty: bool = False) -> str:
    """Generate Spark SQL from the tree, without comments."""
    return node.sql(dialect=AsWritten, pretty=pretty, comments=False, normalize_functions=False)


def begins_like_a_query(text: str) -> bool:
    """Whether ``text`` begins with SELECT, WITH, FROM or a parenthesis."""
    starts = {TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN}
    tokens = AsWritten().tokenize(text)
    return bool(tokens) and tokens[0].token_type in starts
