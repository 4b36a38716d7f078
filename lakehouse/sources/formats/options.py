"""Options that several formats share, and the checks of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lakehouse.sources.formats.format import InvalidOption, OptionCheck

BUILT_IN_ENCODINGS = (
    "UTF-8", "ISO-8859-1", "US-ASCII", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32"
)  # fmt: skip
"""The encodings that Spark reads without a setting."""
ENCODINGS = (
    *BUILT_IN_ENCODINGS,
    *(f"windows-{page}" for page in range(1250, 1259)),
    *(f"ISO-8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)),
    *("KOI8-R", "KOI8-U", "IBM437", "IBM850", "IBM852", "IBM866"),
    *("Shift_JIS", "EUC-JP", "GBK", "GB18030", "Big5", "EUC-KR"),
)
"""The encodings that both the JVM and Python know under the same name."""


def check_flag(text: str) -> InvalidOption | None:
    """Accept ``true`` and ``false``."""
    is_flag = text.lower() in ("true", "false")
    return None if is_flag else InvalidOption(f"'{text}' is neither true nor false")


def check_whole_number(text: str) -> InvalidOption | None:
    """Accept digits with an optional minus."""
    is_number = text.removeprefix("-").isdecimal()
    return None if is_number else InvalidOption(f"'{text}' is not a whole number")


def check_count(text: str) -> InvalidOption | None:
    """Accept digits."""
    return None if text.isdecimal() else InvalidOption(f"'{text}' is not a number of lines")


def check_text(text: str) -> InvalidOption | None:
    """Accept any text."""
    return None


def check_some_text(text: str) -> InvalidOption | None:
    """Accept any text that is not empty."""
    return None if text else InvalidOption("at least one character is needed")


def check_character(text: str) -> InvalidOption | None:
    """Accept one character, or an empty text."""
    return None if len(text) <= 1 else InvalidOption("Spark takes one character")


def check_encoding(text: str) -> InvalidOption | None:
    """Accept the encodings of ``ENCODINGS``, in any case."""
    if text.upper() in {name.upper() for name in ENCODINGS}:
        return None
    hint = f"known: {', '.join(ENCODINGS)}; convert files of another encoding to UTF-8"
    return InvalidOption(f"'{text}' is not a known encoding", hint)


def check_pattern(text: str) -> InvalidOption | None:
    """Accept a regular expression with named groups."""
    try:
        names = re.compile(python_pattern(text)).groupindex
    except re.error as problem:
        return InvalidOption(f"invalid regular expression: {problem.msg}")
    hint = r"name the columns in it: (?<client>\S+) (?<status>\d{3})"
    return None if names else InvalidOption("the pattern has no named group", hint)


def python_pattern(pattern: str) -> str:
    """The pattern with named groups as Python writes them: ``(?P<name>…)`` for ``(?<name>…)``."""
    return re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", pattern)


LINES: Mapping[str, OptionCheck] = {
    "skipLines": check_count,
    "comment": check_character,
    "lineSep": check_some_text,
    "encoding": check_encoding,
    "dateFormat": check_text,
    "timestampFormat": check_text,
}
"""The options of formats that are read line by line."""
