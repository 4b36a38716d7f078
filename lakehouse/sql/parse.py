"""Parse declared SQL: one deterministic SELECT over declared inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from lakehouse.errors import DeclarationError
from lakehouse.sql import dialect, grammar, relations
from lakehouse.sql.query import Query


def parse(text: str, *, file: str, inputs: Sequence[str], parameters: Sequence[str] = ()) -> Query:
    """Parse one declared query; ``file`` is its name in errors, ``inputs`` what it may read.

    ``parameters`` are the names that may be used as ``:name``. Raises DeclarationError with
    ``file:line`` for text that is not a single query, for undeclared relations, and for whatever
    would make the result depend on anything but its inputs. Parsed queries are cached: never
    change a query in place.
    """
    declared = tuple(name.lower() for name in inputs)
    return _parse(text, file, declared, tuple(parameters))


@lru_cache(maxsize=512)
def _parse(text: str, file: str, declared: tuple[str, ...], parameters: tuple[str, ...]) -> Query:
    query = Query(parse_query(text, file), file, declared, parameters, text)
    again = query.with_tree(_reparse(query))
    for reading in (query, again):
        grammar.check(reading)
        relations.resolve(reading)
    if query.sql() != again.sql():
        raise query.error("the query does not survive a round trip through the parser")
    if not query.inputs:
        raise query.error("the query reads none of its inputs", hint=", ".join(query.declared))
    return query


def _reparse(query: Query) -> exp.Query:
    """Spark runs the text generated from the tree, so that text has to pass the same checks."""
    try:
        again = dialect.parse_statements(dialect.to_sql(query.tree))
    except SqlglotError:
        again = []
    if len(again) != 1 or not isinstance(again[0], exp.Query):
        raise query.error("the query does not survive a round trip through the parser")
    return again[0]


def parse_query(text: str, file: str) -> exp.Query:
    """The one query of ``text``, as it stands. Raises DeclarationError (file:line)."""
    try:
        if not dialect.begins_like_a_query(text):
            raise DeclarationError("one SELECT is expected", where=f"{file}:1")
        statements = dialect.parse_statements(text)
    except ParseError as problem:
        first = problem.errors[0] if problem.errors else {}
        message = str(first.get("description") or "invalid SQL").rstrip(".")
        if message.startswith("Required keyword"):
            message = "incomplete SQL"
        near = f" near '{first['highlight']}'" if first.get("highlight") else ""
        raise DeclarationError(
            f"{message}{near}", where=f"{file}:{first.get('line') or 1}"
        ) from None
    except (TokenError, SqlglotError, RecursionError):
        raise DeclarationError("invalid SQL", where=f"{file}:1") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise DeclarationError("one SELECT is expected", where=f"{file}:1")
    return statements[0]
