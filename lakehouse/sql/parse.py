"""From text to a Query: one SELECT over declared inputs, without clock, chance or session."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from lakehouse.errors import DeclarationError
from lakehouse.sql import dialect, grammar, relations
from lakehouse.sql.query import Query


def parse(text: str, *, file: str, inputs: Sequence[str], parameters: Sequence[str] = ()) -> Query:
    """Read one declared query; ``file`` is its name in errors, ``inputs`` what it may read.

    ``parameters`` are the names that may stand as ``:name``. Raises DeclarationError with
    ``file:line`` for text that is no single query, a relation that is not declared, and whatever
    would make the result depend on anything but its inputs. The same text is parsed once in a
    process: nobody changes a query in place.
    """
    declared = tuple(name.lower() for name in inputs)
    return _parse(text, file, declared, tuple(parameters))


@lru_cache(maxsize=512)
def _parse(text: str, file: str, declared: tuple[str, ...], parameters: tuple[str, ...]) -> Query:
    query = Query(one_query(text, file), file, declared, parameters, text)
    again = query.with_tree(_written_anew(query))
    for reading in (query, again):
        grammar.check(reading)
        relations.resolve(reading)
    if query.sql() != again.sql():
        raise query.error("the query cannot be written anew with the same meaning")
    if not query.inputs:
        raise query.error("the query reads none of its inputs", hint=", ".join(query.declared))
    return query


def _written_anew(query: Query) -> exp.Query:
    """What Spark gets is the tree as text again, so that text has to stand the same checks."""
    try:
        again = dialect.statements(dialect.text_of(query.tree))
    except SqlglotError:
        again = []
    if len(again) != 1 or not isinstance(again[0], exp.Query):
        raise query.error("the query cannot be written anew with the same meaning")
    return again[0]


def one_query(text: str, file: str) -> exp.Query:
    """The one query of ``text``, as it stands. Raises DeclarationError (file:line)."""
    try:
        if not dialect.begins_like_a_query(text):
            raise DeclarationError("one SELECT is expected", where=f"{file}:1")
        found = dialect.statements(text)
    except ParseError as problem:
        first = problem.errors[0] if problem.errors else {}
        said = str(first.get("description") or "not readable as SQL").rstrip(".")
        if said.startswith("Required keyword"):
            said = "something is missing"
        near = f" near '{first['highlight']}'" if first.get("highlight") else ""
        raise DeclarationError(f"{said}{near}", where=f"{file}:{first.get('line') or 1}") from None
    except (TokenError, SqlglotError, RecursionError):
        raise DeclarationError("not readable as SQL", where=f"{file}:1") from None
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise DeclarationError("one SELECT is expected", where=f"{file}:1")
    return found[0]
