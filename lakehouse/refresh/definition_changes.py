"""What changed in a table's definition since the table was built, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakehouse.errors import DeclarationError
from lakehouse.refresh.definition import Definition, Parts


@dataclass(frozen=True)
class Change:
    """A part of a definition that differs from what the table was built with."""

    part: str
    text: str


@dataclass(frozen=True)
class Decision:
    """What to do with a table whose definition changed: refuse it (``error``), compute it whole
    (``whole``), or, with neither, refresh it as usual under the new definition."""

    error: DeclarationError | None = None
    whole: bool = False


GO_ON = Decision()
WHOLE = Decision(whole=True)
UNRECORDED = "unrecorded"

_ONLY_WHERE_BOTH = ("treatments", "key")
_WORDS = {
    "logic": "its transformation changed",
    "key": "the privacy key changed",
    "inputs": "its inputs changed",
}


def changes_of(stored: Parts | None, definition: Definition) -> list[Change]:
    """What changed since a table was built with ``stored``."""
    return compare(stored, definition.parts, definition.protection)


def compare(
    stored: Parts | None, now: Parts, protection: Mapping[str, str] | None = None
) -> list[Change]:
    """The parts that differ, in the order of ``now``; empty where none does.

    ``protection`` has the treatments of all columns of the sources: a column that is no longer
    read, and whose treatment changed, is still in the table in its old form.

    A transformation to which only columns were added is ``new_columns``; ``stored`` None is the
    commit of an earlier version of the library.
    """
    if stored is None:
        return [Change(UNRECORDED, "an earlier version of the library did not record it")]
    changes: list[Change] = []
    for part in [*now, *(name for name in stored if name not in now)]:
        if part == "select" or stored.get(part) == now.get(part):
            continue
        if part in _ONLY_WHERE_BOTH and not _is_on_both_sides(stored.get(part), now.get(part)):
            continue
        added = _find_added_columns(stored, now) if part == "logic" else None
        if added:
            changes.append(Change("new_columns", f"new columns: {', '.join(added)}"))
        else:
            changes += _changes(part, stored.get(part), now.get(part))
    before, after = stored.get("treatments", {}), now.get("treatments", {})
    changes += [
        Change(f"treatments.{name}", f"{name}: {before[name]} → {text}")
        for name, text in (protection or {}).items()
        if name in before and name not in after and before[name] != text
    ]
    return changes


def _is_on_both_sides(stored: Any, now: Any) -> bool:
    """Whether the treatment of something that both read changed; what only one of them reads is a
    change of the transformation."""
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        return any(name in stored and stored[name] != now[name] for name in now)
    return stored is not None and now is not None


def _find_added_columns(stored: Parts, now: Parts) -> list[str] | None:
    """The columns that were added, where nothing else in the SELECT changed."""
    before, after = stored.get("select"), now.get("select")
    if not before or not after or before["rest"] != after["rest"]:
        return None
    old, new = before["columns"], after["columns"]
    kept = all(new.get(name) == expression for name, expression in old.items())
    return [name for name in new if name not in old] if kept else None


def _changes(part: str, stored: Any, now: Any) -> list[Change]:
    if part in _WORDS:
        return [Change(part, _WORDS[part])]
    if isinstance(stored, Mapping) or isinstance(now, Mapping):
        old, new = dict(stored or {}), dict(now or {})
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if part in _ONLY_WHERE_BOTH:
            names = [name for name in names if name in old and name in new]
        return [
            Change(f"{part}.{name}", f"{name}: {_format(old.get(name))} → {_format(new.get(name))}")
            for name in names
        ]
    return [Change(part, f"{part}: {_format(stored)} → {_format(now)}")]


def _format(value: Any) -> str:
    if value is None or value == []:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
