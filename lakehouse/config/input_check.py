"""The check that a table named as an input exists and can be one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError


def check_input(
    name: str, known: list[str], unread: Collection[str], where: str, role: str
) -> Iterator[DeclarationError]:
    """An error where ``name`` is none of the ``known`` tables that can have the ``role``; tables in
    ``unread`` have been reported already."""
    if name not in known and name not in unread:
        yield DeclarationError(
            f"{name} cannot be a {role} here{did_you_mean(name, known)}",
            where=where,
            hint=f"possible: {', '.join(sorted(known)) or 'none'}",
        )
