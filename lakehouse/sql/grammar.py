"""The grammar of declared queries: everything that is not listed here is refused.

A text is parsed twice, here and by Spark. The closed list ensures that both parse it alike, since
the SQL that runs is generated from these nodes only.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from lakehouse.sql import functions
from lakehouse.sql.query import Query

_QUERIES: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.Table,
    exp.TableAlias, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Order,
    exp.Ordered, exp.Limit, exp.Offset, exp.Window, exp.WindowSpec, exp.Lateral, exp.Values,
    exp.Tuple, exp.Distinct, exp.Rollup, exp.Cube, exp.GroupingSets, exp.Hint, exp.JoinHint,
    exp.Pivot, exp.PivotAlias, exp.Alias, exp.Aliases, exp.Star,
)  # fmt: skip
_VALUES: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Null, exp.Boolean, exp.Placeholder, exp.HexString,
    exp.Dot, exp.Bracket, exp.Paren, exp.Case, exp.If, exp.Cast, exp.TryCast, exp.DataType,
    exp.DataTypeParam, exp.ColumnDef, exp.Interval, exp.IntervalSpan, exp.Var, exp.Anonymous,
    exp.Extract, exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls, exp.Lambda,
    exp.Kwarg, exp.Exists, exp.In, exp.Between, exp.Escape, exp.Like, exp.ILike, exp.RegexpLike,
    exp.Any, exp.All, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.Is, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod,
    exp.IntDiv, exp.Neg, exp.DPipe, exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor,
    exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift,
)  # fmt: skip
_ALLOWED = frozenset(_QUERIES + _VALUES)
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Table: frozenset({"this", "db", "catalog", "alias", "pivots"}),
    exp.Subquery: frozenset({"this", "alias", "pivots", "with_"}),
    exp.Placeholder: frozenset({"this"}),
}
_MESSAGES: dict[type[exp.Expr], str] = {
    exp.TableSample: "TABLESAMPLE is non-deterministic",
    exp.Version: "time travel (AS OF) is not supported",
    exp.Parameter: "'$' and '@' are not substituted; only :as_of and :until are",
    exp.Command: "one SELECT is expected",
}
_TYPES = frozenset(
    """
    ARRAY BIGINT BINARY BOOLEAN CHAR DATE DECIMAL DOUBLE FLOAT INT INTERVAL MAP SMALLINT STRUCT
    TEXT TIMESTAMP TIMESTAMPLTZ TIMESTAMPNTZ TIMESTAMPTZ TINYINT VARCHAR VARIANT
    """.split()
)
_PLAIN_NAME = re.compile(r"\w+")
_NOW_AS_TEXT = re.compile(
    r"[\s\x00-\x20]*(now|today|tomorrow|yesterday)"
    r"([ \t]+\S+|(z|utc|gmt|ut|[+-]|[a-z_]+/)\S*|[a-z]{3})?[\s\x00-\x20]*",
    re.IGNORECASE,
)


def check(query: Query) -> None:
    """Raise DeclarationError (file:line) for any part of a query that is not supported."""
    for node in query.tree.walk():
        _check_kind(query, node)
        rule = _RULES.get(type(node))
        if rule is not None:
            rule(query, node)
        _check_composed_text(query, node)


def _check_kind(query: Query, node: exp.Expr) -> None:
    if type(node) not in _ALLOWED:
        if isinstance(node, exp.Func) and functions.refusal(node.sql_name().lower()):
            raise _call_error(query, node, node.sql_name().lower())
        message = _MESSAGES.get(type(node), f"{node.key.upper()} is not supported")
        raise query.error(message, node)
    parts = _PARTS.get(type(node))
    used = {name for name, value in node.args.items() if value}
    if parts is not None and not used <= parts:
        extra = node.args[min(used - parts)]
        other = f"{node.key.upper()} with {min(used - parts)} is not supported"
        raise query.error(_MESSAGES.get(type(extra), other), node)


def _call_error(query: Query, node: exp.Expr, name: str) -> Exception:
    message, hint = functions.refusal(name) or (f"{name} cannot be called here", None)
    return query.error(message, node, hint)


def _check_call(query: Query, node: exp.Expr) -> None:
    name = node.name.lower()
    if functions.refusal(name) is not None:
        raise _call_error(query, node, name)
    if isinstance(node.parent, exp.Dot) and node.arg_key == "expression":
        raise query.error(f"'{name}' is called by a path; call Spark's built-in functions", node)
    if name == "unix_timestamp" and not node.expressions:
        raise query.error(
            "unix_timestamp() without an argument is non-deterministic: it reads the clock", node
        )


def _check_column(query: Query, node: exp.Expr) -> None:
    name = node.name.lower()
    is_unqualified = isinstance(node, exp.Column) and not node.table
    if is_unqualified and name in functions.CALLED_WITHOUT_PARENTHESES:
        hint = "a column of that name is written with its table: t." + name
        raise query.error(f"{name} alone is a call, not a column", node, hint)
    if any(part.name.lower() == "_metadata" for part in node.find_all(exp.Identifier)):
        raise query.error("_metadata describes files, not the data", node)


def _check_identifier(query: Query, node: exp.Expr) -> None:
    _check_substitution(query, node, str(node.this))
    if not node.args.get("quoted") and not _PLAIN_NAME.fullmatch(str(node.this)):
        raise query.error("quote this name with backticks", node)


def _check_literal(query: Query, node: exp.Expr) -> None:
    if isinstance(node, exp.Literal) and node.is_string:
        _check_substitution(query, node, str(node.this))
        if _NOW_AS_TEXT.fullmatch(str(node.this)):
            raise query.error(
                "non-deterministic: Spark takes this text for the current time",
                node,
            )


def _check_substitution(query: Query, node: exp.Expr, text: str) -> None:
    if "${" in text:
        raise query.error("'${' is Spark's variable substitution, which is not supported", node)


def _check_type(query: Query, node: exp.Expr) -> None:
    kind = node.this.name if isinstance(node.this, exp.DType) else str(node.this)
    if kind not in _TYPES:
        raise query.error(f"unsupported type {kind}", node)


def _check_parameter(query: Query, node: exp.Expr) -> None:
    if node.name not in query.parameters:
        known = ", ".join(f":{name}" for name in query.parameters) or "none"
        raise query.error(f"unknown parameter ':{node.name}'; known: {known}", node)


def _check_table_function(query: Query, node: exp.Expr) -> None:
    source = node.this
    if isinstance(source, exp.Anonymous):
        if source.name.lower() not in functions.TABLE_FUNCTIONS or node.args.get("db"):
            raise query.error(f"unsupported table function '{source.name}'", node)


def _check_composed_text(query: Query, node: exp.Expr) -> None:
    """Refuse strings composed of constants: Spark casts `today` and the like to the clock."""
    non_constant = (exp.Column, exp.Placeholder, exp.Query, exp.Star)
    if not _makes_text(node) or node.find_ancestor(exp.Lambda) or node.find(*non_constant):
        return
    if isinstance(node, exp.DPipe):
        parts = [part for part in node.flatten() if isinstance(part, exp.Literal)]
        if not _NOW_AS_TEXT.fullmatch("".join(str(part.this) for part in parts)):
            if len(parts) == len(list(node.flatten())):
                return
    literals = node.find_all(exp.Literal, exp.HexString)
    if any(isinstance(part, exp.HexString) or part.is_string for part in literals):
        raise query.error("text made of constants only: write it as one literal", node)


def _makes_text(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        to_text = node.to.is_type(*exp.DataType.TEXT_TYPES)
        return bool(to_text) and not isinstance(node.this, exp.Literal)
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in functions.MAKES_TEXT
    return isinstance(node, (exp.DPipe, exp.Bracket))


_RULES: dict[type[exp.Expr], Callable[[Query, exp.Expr], None]] = {
    exp.Anonymous: _check_call,
    exp.Column: _check_column,
    exp.Dot: _check_column,
    exp.Identifier: _check_identifier,
    exp.Var: _check_identifier,
    exp.Literal: _check_literal,
    exp.DataType: _check_type,
    exp.Placeholder: _check_parameter,
    exp.Table: _check_table_function,
    exp.Lateral: _check_table_function,
}
