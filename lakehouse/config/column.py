"""The declaration of a bronze column: its field in the file, its cleaning, its type, its privacy.

The steps are in this order, whatever the order of the keys:

    field  →  trim  →  nulls  →  pattern  →  pad  →  type  →  treatment of ``pii``
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from lakehouse.config.declared import Declared

_POSITION = re.compile(r"([1-9]\d*)(-([1-9]\d*)?)?")


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as problem:
        raise ValueError(f"invalid regular expression: {problem.msg}") from None
    if groups != 1:
        raise ValueError(
            f"a pattern needs exactly one group, which is the value; this one has {groups} "
            "(write (?:…) for a group that is not the value)"
        )
    return pattern


def _position(text: str) -> str:
    match = _POSITION.fullmatch(text)
    if match is None or int(match[3] or match[1]) < int(match[1]):
        raise ValueError(
            f"invalid position '{text}'; write the first and the last character, counted from 1, "
            "such as '12-19', or '12-' for the rest of the line"
        )
    return text


def _digits(value: object) -> object:
    """A whole number of YAML as text; a float remains an error, since YAML changes its spelling."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_digits)]


class Padding(Declared):
    """Fill a text on its left up to a length; a longer text is unchanged."""

    length: int = Field(ge=1, le=1000)
    fill: Text = Field(default="0", min_length=1, max_length=1)


class Column(Declared):
    """A bronze column. A column without ``pii`` is not read by silver."""

    type: str
    pii: str | None = None
    description: str | None = None
    field: str | None = Field(default=None, min_length=1)
    position: Annotated[Text, AfterValidator(_position)] | None = None
    trim: bool = False
    nulls: list[Text] = Field(default_factory=list)
    pattern: Annotated[str, AfterValidator(_one_group)] | None = None
    pad: Padding | None = None

    @property
    def is_cleaned(self) -> bool:
        """Whether its text is changed before it is cast."""
        return bool(self.trim or self.nulls or self.pattern or self.pad)

    @property
    def characters(self) -> tuple[int, int | None]:
        """The first character in a line of fixed width, from 1, and the number of characters;
        None for the rest of the line."""
        first, dash, last = (self.position or "1-").partition("-")
        if not dash:
            return int(first), 1
        return int(first), int(last) - int(first) + 1 if last else None

    def reading(self) -> dict[str, Any]:
        """What decides the values besides the type, without defaults: part of the definition."""
        keys = {"field", "position", "trim", "nulls", "pattern", "pad"}
        return self.model_dump(include=keys, exclude_defaults=True)
