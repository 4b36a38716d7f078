"""The error for a column that a table does not have."""

from __future__ import annotations

from collections.abc import Iterable

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import DeclarationError


def missing_column(
    name: str, columns: Iterable[str], *, table: str, where: str, what: str
) -> DeclarationError | None:
    """An error where ``table`` has no column ``name``, or has it in another case; else None.

    Spark resolves names without regard to case; comparisons of names elsewhere do not. ``what`` is
    the key or rule that names the column.
    """
    known = list(columns)
    if name in known:
        return None
    same = next((column for column in known if column.lower() == name.lower()), None)
    if same is not None:
        message = f"{what}: {table} calls the column '{name}' otherwise; write it as '{same}'"
        return DeclarationError(message, where=where)
    near = did_you_mean(name, known)
    hint = None if near or not known else f"there are: {', '.join(known)}"
    return DeclarationError(f"{what}: {table} has no column '{name}'{near}", where=where, hint=hint)
