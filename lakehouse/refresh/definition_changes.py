"""Compare a table's definition with the one that it was built with."""

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
    """What to do with a table whose definition changed.

    Refuse it (``error``), recompute all rows (``recompute``), or, with neither, refresh it as
    usual under the new definition.
    """

    error: DeclarationError | None = None
    recompute: bool = False


PROCEED = Decision()
RECOMPUTE = Decision(recompute=True)
UNRECORDED = "unrecorded"

_COMPARED_IN_COMMON = ("treatments", "key")
_TEXTS = {
    "logic": "its transformation changed",
    "key": "the privacy key changed",
    "inputs": "its inputs changed",
}


def changes_of(stored: Parts | None, definition: Definition) -> list[Change]:
    """The changes of a definition since its table was built with the parts ``stored``."""
    return compare(stored, definition.parts, definition.protection)


def compare(
    stored: Parts | None, now: Parts, protection: Mapping[str, str] | None = None
) -> list[Change]:
    """The parts that differ, in the order of ``now``; empty where none does.

    ``protection`` has the treatments of all columns of the sources: where a column is no longer
    read and its treatment changed, the table still contains it in its old form.

    A transformation to which only columns were added is the change ``new_columns``. ``stored`` is
    None for a commit of an earlier version of the library.
    """
    if stored is None:
        return [Change(UNRECORDED, "an earlier version of the library did not record it")]
    changes: list[Change] = []
    for part in [*now, *(name for name in stored if name not in now)]:
        if part == "select" or stored.get(part) == now.get(part):
            continue
        if part in _COMPARED_IN_COMMON and not _changed_in_common(stored.get(part), now.get(part)):
            continue
        added = _find_added_columns(stored, now) if part == "logic" else None
        if added:
            changes.append(Change("new_columns", f"new columns: {', '.join(added)}"))
        else:
            changes += _describe_changes(part, stored.get(part), now.get(part))
    before, after = stored.get("treatments", {}), now.get("treatments", {})
    changes += [
        Change(f"treatments.{name}", f"{name}: {before[name]} → {text}")
        for name, text in (protection or {}).items()
        if name in before and name not in after and before[name] != text
    ]
    return changes


def _changed_in_common(stored: Any, now: Any) -> bool:
    """Whether a treatment of a column that both definitions read has changed.

    A column that only one of them reads is a change of the transformation.
    """
    if isinstance(stored, Mapping) and isinstance(now, Mapping):
        return any(name in stored and stored[name] != now[name] for name in now)
    return stored is not None and now is not None


def _find_added_columns(stored: Parts, now: Parts) -> list[str] | None:
    """The added columns; None where anything else in the SELECT changed."""
    before, after = stored.get("select"), now.get("select")
    if not before or not after or before["rest"] != after["rest"]:
        return None
    old, new = before["columns"], after["columns"]
    kept = all(new.get(name) == expression for name, expression in old.items())
    return [name for name in new if name not in old] if kept else None


def _describe_changes(part: str, stored: Any, now: Any) -> list[Change]:
    if part in _TEXTS:
        return [Change(part, _TEXTS[part])]
    if isinstance(stored, Mapping) or isinstance(now, Mapping):
        old, new = dict(stored or {}), dict(now or {})
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if part in _COMPARED_IN_COMMON:
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
