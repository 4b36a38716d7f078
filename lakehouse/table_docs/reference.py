"""The meanings of keys, from the tables of the reference (docs/declaring.md, docs/models.md)."""

from __future__ import annotations

import re

_ROW = re.compile(r"^\| (`[^|]+?) \| (.+) \|$", re.M)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def descriptions(reference: str, section: str) -> dict[str, str]:
    """The meaning of each key in the tables of a section, as plain text.

    A row may describe several keys: ``| `delimiter` or `sep` | The field separator. |``. Sections
    of the next level belong to their section. Empty where the reference has no such section.
    """
    match = re.search(rf"^(#+) {re.escape(section)}$", reference, re.M)
    if match is None:
        return {}
    rest = reference[match.end() :]
    end = re.search(rf"^#{{1,{len(match.group(1))}}} ", rest, re.M)
    texts: dict[str, str] = {}
    for names, meaning in _ROW.findall(rest[: end.start()] if end else rest):
        for name in re.findall(r"`([^`]+)`", names):
            texts.setdefault(name, _LINK.sub(r"\1", meaning))
    return texts
