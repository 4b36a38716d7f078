"""The registry of write modes: which keys each requires, and what readers of the table can expect.

``implementation`` names the class that writes. It is imported when a table is refreshed, so that
reading declarations does not need Spark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator


@dataclass(frozen=True)
class ModeDeclaration:
    """One value of ``write:``, for tables of ``schema``. ``summary`` is shown on a table's page.

    ``needs`` are the keys that a declaration must have; ``refuses`` those that it must not have,
    with the reason. ``past_columns`` record when a row was known; without them the table cannot be
    read as of an earlier day. ``adds_rows``: rows are never replaced, so ``keys`` may be left out
    or ``all``. ``by_groups``: only affected groups are computed, which the query must allow.
    """

    name: str
    schema: Literal["silver", "gold"]
    implementation: str
    summary: str
    needs: tuple[str, ...] = ()
    refuses: Mapping[str, str] = field(default_factory=dict)
    past_columns: tuple[str, ...] = ()
    keeps_history: bool = False
    adds_rows: bool = False
    by_groups: bool = False


_NO_DELETES = "apply_as_deletes needs write: scd1 or scd2, which remember that a key was deleted"
_PLACE = "lakehouse.refresh.write_modes"
_ALL = (
    ModeDeclaration(
        "append",
        "silver",
        f"{_PLACE}.append:Append",
        "rows are inserted once; of rows with the same key the earliest known is kept",
        refuses={
            "sequence_by": "sequence_by has no meaning for write: append, where the first row of "
            "a key stays",
            "apply_as_deletes": _NO_DELETES,
            "keep_deletes": "keep_deletes needs apply_as_deletes",
        },
        past_columns=("_known_date",),
        adds_rows=True,
    ),
    ModeDeclaration(
        "scd1",
        "silver",
        f"{_PLACE}.scd1:Scd1",
        "one current row for each key, the newest wins",
        needs=("keys", "sequence_by"),
    ),
    ModeDeclaration(
        "scd2",
        "silver",
        f"{_PLACE}.scd2:Scd2",
        "every version of a key with its validity; SQL reads the current rows by default",
        needs=("keys", "sequence_by"),
        refuses={
            "keep_deletes": "keep_deletes has no meaning for write: scd2, whose history has "
            "every deletion"
        },
        past_columns=("valid_from", "known_from"),
        keeps_history=True,
    ),
    ModeDeclaration(
        "replace_keys",
        "gold",
        f"{_PLACE}.replace_keys:ReplaceKeys",
        "only the affected groups are recomputed",
        needs=("keys",),
        by_groups=True,
    ),
    ModeDeclaration(
        "rebuild",
        "gold",
        f"{_PLACE}.rebuild:Rebuild",
        "the whole table is recomputed when an input changes",
    ),
)
MODES: Mapping[str, ModeDeclaration] = {mode.name: mode for mode in _ALL}
"""The write modes by name."""


def modes_with(condition: Callable[[ModeDeclaration], bool]) -> list[str]:
    """The names of the modes for which the condition holds."""
    return [mode.name for mode in MODES.values() if condition(mode)]


def _mode_of(schema: str) -> Callable[[str], str]:
    def check(name: str) -> str:
        names = [f"'{mode}'" for mode in modes_with(lambda mode: mode.schema == schema)]
        if f"'{name}'" not in names:
            raise ValueError(f"input should be {', '.join(names[:-1])} or {names[-1]}")
        return name

    return check


SilverMode = Annotated[str, AfterValidator(_mode_of("silver"))]
GoldMode = Annotated[str, AfterValidator(_mode_of("gold"))]
