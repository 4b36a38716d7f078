"""Checks of a table's keys against its write mode, and against a source of whole dumps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from lakehouse.config.declarations import GoldTable, SilverTable
from lakehouse.config.write_modes import modes_with
from lakehouse.config.yaml_file import Document
from lakehouse.errors import DeclarationError

Errors: TypeAlias = Iterator[DeclarationError]


def check_mode(table: SilverTable | GoldTable, document: Document) -> Errors:
    """An error for each key that the write mode requires or does not allow."""
    for key in table.mode.needs:
        yield from require(getattr(table, key), document, key, f"write: {table.write}")
    if getattr(table, "keep_deletes", None) and not getattr(table, "apply_as_deletes", None):
        yield DeclarationError(
            "keep_deletes needs apply_as_deletes", where=document.where("keep_deletes")
        )
    for key, reason in table.mode.refuses.items():
        if getattr(table, key, None):
            yield DeclarationError(reason, where=document.where(key))


def check_dumps(table: SilverTable, document: Document) -> Errors:
    """An error for what has no meaning in a table that is read from whole dumps."""
    able = modes_with(lambda mode: mode.schema == "silver" and bool(mode.needs))
    if table.write not in able:
        yield DeclarationError(
            f"{table.source} is read as whole dumps (snapshot: true), which write: {table.write} "
            "cannot compare",
            where=document.where("write"),
            hint=f"declare write: {' or '.join(able)}",
        )
    yield from require(table.keys, document, "keys", "a table that is read from whole dumps")
    reasons = {
        "sequence_by": "dumps are ordered by their day; leave sequence_by out",
        "keep_deletes": "dumps need no tombstones; leave keep_deletes out",
        "apply_as_deletes": "a key that is absent in a dump is deleted; leave apply_as_deletes out",
    }
    for key, reason in reasons.items():
        if getattr(table, key):
            yield DeclarationError(reason, where=document.where(key))


def require(value: object, document: Document, key: str, why: str) -> Errors:
    """An error for a missing key, with the reason why it is needed."""
    if not value:
        yield DeclarationError(
            f"the key '{key}' is missing; {why} needs it", where=document.where()
        )
