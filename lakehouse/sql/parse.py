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
    """Parse one declared query; ``file`` is its name in errors, ``inputs`` are its tables.

    ``parameters`` are the names that may be used as ``:name``. Raises DeclarationError (file:line)
    for text that is not a single query, for undeclared relations, and for anything that makes the
    result depend on more than the inputs. Parsed queries are cached: never change one in place.
    """
    declared = tuple(name.lower() for name in inputs)
    return _parse(text, file, declared, tuple(parameters))


@lru_cache(maxsize=512)
def _parse(text: str, file: str, declared: tuple[str, ...], parameters: tuple[str, ...]) -> Query:
    query = Query(parse_query(text, file), file, declared, parameters, text)
    reparsed = query.with_tree(_reparse(query))
    for parsed in (query, reparsed):
        grammar.check(parsed)
        relations.resolve(parsed)
    if query.sql() != reparsed.sql():
        raise query.error("the query does not survive a round trip through the parser")
    if not query.inputs:
        raise query.error("the query reads none of its inputs", hint=", ".join(query.declared))
    return query


def _reparse(query: Query) -> exp.Query:
    """Parse the SQL generated from the tree: Spark runs it, so it must pass the same checks."""
    try:
        reparsed = dialect.parse_statements(dialect.to_sql(query.tree))
    except SqlglotError:
        reparsed = []
    if len(reparsed) != 1 or not isinstance(reparsed[0], exp.Query):
        raise query.error("the query does not survive a round trip through the parser")
    return reparsed[0]


def parse_query(text: str, file: str) -> exp.Query:
    """Parse ``text`` as one query, without further checks. Raises DeclarationError (file:line)."""
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
