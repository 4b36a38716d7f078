"""Fingerprints of a query that ignore comments, white space and the case of keywords.

Hashes are computed from the tokens of the text and not from the tree, so that they do not depend on
the version of the parser.

Example: ``SELECT id, -- the key⏎ Amount AS amount FROM silver.orders`` and
``select `id`, amount as AMOUNT⏎from SILVER.orders`` have the same hash. A string in another
case has another hash, and so has ``<>`` instead of ``!=``: only certain equality counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from lakehouse.sql import dialect, functions, scope
from lakehouse.sql.query import Query

_MORE_THAN_COLUMNS = ("distinct", "group", "having", "qualify", "order", "limit", "offset")
_TEXTS = (TokenType.STRING, TokenType.RAW_STRING, TokenType.HEX_STRING)


def hash_logic(query: Query) -> str:
    """A hash of the tokens of the query's text: 64 hexadecimal digits.

    Constants such as ``:timezone`` are hashed as written, not by value.
    """
    return _digest(query.text)


def hash_columns(query: Query) -> tuple[str, dict[str, str]] | None:
    """A hash of everything but the select list, and a hash per output column's expression.

    Comparing two results shows whether only columns were added. None where an added column could
    change rows or other columns (set operations, DISTINCT, GROUP BY and later clauses, generators
    and aggregates in the select list), and where ``*`` or an unnamed expression hides columns.
    """
    select = query.tree
    if not isinstance(select, exp.Select) or any(select.args.get(p) for p in _MORE_THAN_COLUMNS):
        return None
    names = query.output_names()
    names_of_items = [item.alias_or_name for item in select.expressions]
    if names is None or list(names) != names_of_items or len(set(names)) < len(names):
        return None
    if any(
        scope.has_call(item, functions.GENERATORS | functions.AGGREGATES) for item in select.selects
    ):
        return None
    rest = select.copy()
    rest.set("expressions", [exp.Star()])
    items = zip(names, select.expressions, strict=True)
    return _digest(dialect.to_sql(rest)), {
        name: _digest(dialect.to_sql(item.unalias())) for name, item in items
    }


def _digest(text: str) -> str:
    return hashlib.sha256("\0".join(_normalize_tokens(text)).encode()).hexdigest()


def _normalize_tokens(text: str) -> Iterator[str]:
    """The tokens of ``text``, each in a normal form."""
    tokens = dialect.AsWritten().tokenize(text)
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    return map(_normalize, tokens)


def _normalize(token: Token) -> str:
    if token.token_type in _TEXTS:
        return f"{token.token_type.name} {token.text}"
    name = " ".join(token.text.lower().split())
    if token.token_type == TokenType.IDENTIFIER and not _needs_no_quotes(name):
        return f"`{name}`"
    return name


def _needs_no_quotes(name: str) -> bool:
    """Whether a name means the same with and without backticks."""
    tokens = dialect.AsWritten().tokenize(name) if name.isidentifier() else []
    return len(tokens) == 1 and tokens[0].token_type == TokenType.VAR
