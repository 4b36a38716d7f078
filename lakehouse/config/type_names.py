"""A parser of Spark's type names that does not need Spark."""

from __future__ import annotations

import re

_SIMPLE = frozenset(
    "boolean byte tinyint short smallint int integer long bigint float real double string binary "
    "date time timestamp timestamp_ltz timestamp_ntz variant void decimal dec numeric".split()
)
_DECIMAL = ("decimal", "dec", "numeric")
_LENGTH = ("char", "character", "varchar")
_MAX_PRECISION = 38
_TOKEN = re.compile(r"\s*(`(?:[^`]|``)+`|'(?:[^'\\]|\\.)*'|\w+|[<>(),:])")


TYPES = tuple(sorted({*_SIMPLE, *_DECIMAL, *_LENGTH, "array", "map", "struct"}))
"""The keywords that begin a type."""


class _InvalidType(Exception):
    """The text ends too early or has an unexpected token."""


def is_type(text: str) -> bool:
    """Whether ``text`` is a type that Spark accepts, nested types included."""
    try:
        tokens = _Tokens(text)
        _type(tokens)
        return tokens.at_end
    except _InvalidType:
        return False


class _Tokens:
    """The tokens of a type in order; a closing ``>>`` is two of them."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _InvalidType
            self._tokens.append(match.group(1))
            position = match.end()

    @property
    def at_end(self) -> bool:
        return not self._tokens

    @property
    def next(self) -> str:
        return self._tokens[0].lower() if self._tokens else ""

    def take(self) -> str:
        if not self._tokens:
            raise _InvalidType
        return self._tokens.pop(0).lower()

    def expect(self, word: str) -> None:
        if self.take() != word:
            raise _InvalidType

    def skip(self, word: str) -> bool:
        """Take the next token if it is ``word``; whether it was."""
        if self.next != word:
            return False
        self.take()
        return True


def _type(tokens: _Tokens) -> None:
    name = tokens.take()
    if name == "array":
        _in_angles(tokens, 1)
    elif name == "map":
        _in_angles(tokens, 2)
    elif name == "struct":
        _struct(tokens)
    elif name in _LENGTH:
        if not _numbers(tokens)[0] > 0:
            raise _InvalidType
    elif name in _DECIMAL:
        _decimal(tokens)
    elif name == "string" and tokens.skip("collate"):
        tokens.take()
    elif name not in _SIMPLE:
        raise _InvalidType
    elif name == "time" and tokens.next == "(":
        _numbers(tokens)


def _in_angles(tokens: _Tokens, count: int) -> None:
    tokens.expect("<")
    for position in range(count):
        if position:
            tokens.expect(",")
        _type(tokens)
    tokens.expect(">")


def _struct(tokens: _Tokens) -> None:
    tokens.expect("<")
    if tokens.skip(">"):
        return
    while True:
        if not re.fullmatch(r"\w+|`.+`", tokens.take()):
            raise _InvalidType
        tokens.skip(":")
        _type(tokens)
        if tokens.skip("not"):
            tokens.expect("null")
        if tokens.skip("comment"):
            tokens.take()
        if not tokens.skip(","):
            break
    tokens.expect(">")


def _decimal(tokens: _Tokens) -> None:
    if tokens.next != "(":
        return
    precision, *scale = _numbers(tokens)
    if len(scale) > 1 or not 0 < precision <= _MAX_PRECISION or max([0, *scale]) > precision:
        raise _InvalidType


def _numbers(tokens: _Tokens) -> list[int]:
    tokens.expect("(")
    numbers = [_number(tokens)]
    while tokens.skip(","):
        numbers.append(_number(tokens))
    tokens.expect(")")
    return numbers


def _number(tokens: _Tokens) -> int:
    word = tokens.take()
    if not word.isdecimal():
        raise _InvalidType
    return int(word)
