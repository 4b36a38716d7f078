"""Fingerprints of a query: comments, white space and the case of keywords do not count.

Hashes are made of the author's tokens and not of the tree, so that another version of the parser
keeps them.

Example: ``SELECT id, -- the key⏎ Amount AS amount FROM silver.orders`` and
``select `id`, amount as AMOUNT⏎from SILVER.orders`` have one hash; a string in another case has
another, and so has ``<>`` for ``!=``: what differs in no way that is sure differs.
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
    """A hash of the query's text by its tokens, 64 hexadecimal digits.

    Constants such as ``:timezone`` count as they are written, not by their value.
    """
    return _digest(query.text)


def hash_columns(query: Query) -> tuple[str, dict[str, str]] | None:
    """A hash of everything but the select list, and one of each output column's expression.

    Whether "a column was added at the end and nothing else changed" can be read from two of them.
    None where a column more could change rows or other columns: set operations, DISTINCT, GROUP
    BY and what comes after it, generators and aggregates in the select list; and where a ``*`` or
    an expression without a name hides the columns.
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
    return hashlib.sha256("\0".join(_words(text)).encode()).hexdigest()


def _words(text: str) -> Iterator[str]:
    """The tokens of ``text``, each as what it means to Spark."""
    tokens = dialect.AsWritten().tokenize(text)
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens.pop()
    return map(_word, tokens)


def _word(token: Token) -> str:
    if token.token_type in _TEXTS:
        return f"{token.token_type.name} {token.text}"
    word = " ".join(token.text.lower().split())
    if token.token_type == TokenType.IDENTIFIER and not _is_plain(word):
        return f"`{word}`"
    return word


def _is_plain(name: str) -> bool:
    """Whether a name means the same with and without backticks."""
    tokens = dialect.AsWritten().tokenize(name) if name.isidentifier() else []
    return len(tokens) == 1 and tokens[0].token_type == TokenType.VAR
