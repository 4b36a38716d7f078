"""A table's definition, compiled once before anything runs, for refresh, plan and documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lakehouse.config.declarations import Table
from lakehouse.config.yaml_file import shown
from lakehouse.quality.rules import Suite
from lakehouse.sql.expression import Expression
from lakehouse.sql.query import Query

if TYPE_CHECKING:
    from lakehouse.refresh.kinds.kind import Kind
    from lakehouse.refresh.write_modes.mode import WriteMode

Parts = Mapping[str, Any]


@dataclass(frozen=True)
class Definition:
    """One table as declared, checked and compiled.

    ``parts`` is everything that can change the table's rows, by name: each commit records it, and
    the next run compares it. ``query`` is the SQL as executed, None for a Python transformation
    or a table without one. ``treatments`` describes the privacy treatment of each column of its
    bronze sources, ``protection`` that of each column of all bronze tables upstream, as
    ``bronze.a.column``. ``branches`` are the definitions of a table of several sources, one for
    each, all with the table's name, parts and rules.
    """

    table: Table
    kind: Kind
    mode: WriteMode
    inputs: tuple[str, ...]
    suite: Suite
    parts: Parts
    query: Query | None = None
    deletes: Expression | None = None
    treatments: Mapping[str, str] = field(default_factory=dict)
    protection: Mapping[str, str] = field(default_factory=dict)
    branches: tuple[Definition, ...] = ()

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.table

    @property
    def where(self) -> str:
        """The file of the table's transformation, or of its declaration."""
        return f"{shown(getattr(self.table, 'transformation', self.table.file))}:1"

    @property
    def sources(self) -> tuple[str, ...]:
        """The inputs whose rows become the table's rows, in their order of precedence."""
        return tuple(getattr(self.table, "sources", ()))

    @property
    def lookups(self) -> tuple[str, ...]:
        """The inputs that are only looked up."""
        return self.inputs[len(self.sources) :]

    @property
    def keys(self) -> list[str]:
        """The table's keys; empty for a table that keeps every row."""
        return list(getattr(self.table, "keys", []))

    @property
    def fingerprint(self) -> str:
        """A hash of the parts: twelve hexadecimal digits."""
        return fingerprint(self.parts)


def fingerprint(parts: Parts | None) -> str:
    """A hash of the parts of a definition: twelve hexadecimal digits, equal for equal parts."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
