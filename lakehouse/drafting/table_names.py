"""Names of tables, from the paths of their files."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lakehouse.drafting.path_templates import without_suffix
from lakehouse.drafting.words_of_names import snake_case

_GENERIC = frozenset(["part", "data", "file", "files", "export", "output", "chunk", "dump", "out"])


def distinct_names(paths: Iterable[str], default: str) -> list[str]:
    """A name for the table of each path, no two the same. ``default`` is for a path without words.

    crm/customers_{date}.csv     customers
    shop/{date}/part-*.json      shop
    """
    names: list[str] = []
    for path in paths:
        choices = [*_names(path), default]
        name = next((choice for choice in choices if choice not in names), choices[0])
        number = 2
        while name in names:
            name, number = f"{choices[0]}_{number}", number + 1
        names.append(name)
    return names


def is_generic(file: str) -> bool:
    """Whether the name of a file says nothing: ``part-*.json``."""
    words = re.sub(r"[\d*]+", " ", file.rpartition(".")[0] or file).replace("-", " ").split()
    return all(word.lower() in _GENERIC for word in words)


def _names(path: str) -> list[str]:
    """Names for the table of a path: of the file, of its folder, of both."""
    plain = path.replace("{date}", " ").replace("*", " ")
    *folders, file = plain.split("/")
    names = [*folders, re.sub(r"\.[A-Za-z]\w*$", "", without_suffix(file))]
    parts = [re.sub(r"(_\d+)+$", "", "" if "=" in name else snake_case(name)) for name in names]
    telling = [part for part in parts if part and part not in _GENERIC]
    last = parts[-1] if parts[-1] and parts[-1] not in _GENERIC else ""
    words = [last, *reversed(telling), "_".join(telling[-2:])]
    valid = [f"files_{word}" if word[0].isdigit() else word for word in words if word]
    return list(dict.fromkeys(valid))
