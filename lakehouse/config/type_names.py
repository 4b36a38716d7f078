"""Whether a text names a type of Spark, known without Spark."""

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
"""The first words of the types."""


class _NoType(Exception):
    """The text ends too early, or another word stands where a type must."""


def is_type(text: str) -> bool:
    """Whether Spark would take ``text`` for a type, nested ones included."""
    try:
        words = _Words(text)
        _type(words)
        return words.at_end
    except _NoType:
        return False


class _Words:
    """The words of a type in order; a closing ``>>`` is two of them."""

    def __init__(self, text: str) -> None:
        self._words: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise _NoType
            self._words.append(match.group(1))
            position = match.end()

    @property
    def at_end(self) -> bool:
        return not self._words

    @property
    def next(self) -> str:
        return self._words[0].lower() if self._words else ""

    def take(self) -> str:
        if not self._words:
            raise _NoType
        return self._words.pop(0).lower()

    def expect(self, word: str) -> None:
        if self.take() != word:
            raise _NoType

    def skip(self, word: str) -> bool:
        """Whether ``word`` came next; it is taken then."""
        if self.next != word:
            return False
        self.take()
        return True


def _type(words: _Words) -> None:
    name = words.take()
    if name == "array":
        _in_angles(words, 1)
    elif name == "map":
        _in_angles(words, 2)
    elif name == "struct":
        _struct(words)
    elif name in _LENGTH:
        if not _numbers(words)[0] > 0:
            raise _NoType
    elif name in _DECIMAL:
        _decimal(words)
    elif name == "string" and words.skip("collate"):
        words.take()
    elif name not in _SIMPLE:
        raise _NoType
    elif name == "time" and words.next == "(":
        _numbers(words)


def _in_angles(words: _Words, count: int) -> None:
    words.expect("<")
    for position in range(count):
        if position:
            words.expect(",")
        _type(words)
    words.expect(">")


def _struct(words: _Words) -> None:
    words.expect("<")
    if words.skip(">"):
        return
    while True:
        if not re.fullmatch(r"\w+|`.+`", words.take()):
            raise _NoType
        words.skip(":")
        _type(words)
        if words.skip("not"):
            words.expect("null")
        if words.skip("comment"):
            words.take()
        if not words.skip(","):
            break
    words.expect(">")


def _decimal(words: _Words) -> None:
    if words.next != "(":
        return
    precision, *scale = _numbers(words)
    if len(scale) > 1 or not 0 < precision <= _MAX_PRECISION or max([0, *scale]) > precision:
        raise _NoType


def _numbers(words: _Words) -> list[int]:
    words.expect("(")
    numbers = [_number(words)]
    while words.skip(","):
        numbers.append(_number(words))
    words.expect(")")
    return numbers


def _number(words: _Words) -> int:
    word = words.take()
    if not word.isdecimal():
        raise _NoType
    return int(word)
