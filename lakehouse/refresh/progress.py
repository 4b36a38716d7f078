"""Watermarks: how far each table has read its inputs, read once per table and run.

A commit of the library records, for each input, the table's id and version, the greatest
``_known_date`` among the rows read (the watermark) and the definition that read them. The newest
commit that counts decides. A commit does not count if a ``RESTORE`` undid it, or if another writer
replaced the rows after it.

    version  operation     inputs of the tag                              counts
    0        WRITE         {"bronze.sales": {"id": "a", "version": 0}}    yes: the newest that does
    1        MERGE         {"bronze.sales": {"id": "a", "version": 1}}    no, undone
    2        RESTORE to 0
    3        OPTIMIZE
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from lakehouse.storage.history import Commit
from lakehouse.storage.locks import table_lock, writer_token
from lakehouse.storage.table_state import TableState
from lakehouse.storage.tables import Tables

logger = logging.getLogger(__name__)
Json: TypeAlias = Any


@dataclass(frozen=True)
class Position:
    """A table at a version. A table that was dropped and created again has another ``table_id``."""

    table_id: str
    version: int

    def as_json(self) -> dict[str, Json]:
        """The position as JSON, for a commit's tag."""
        return {"id": self.table_id, "version": self.version}


@dataclass(frozen=True)
class Progress:
    """How far a table has read, from its newest commit that counts.

    ``definition`` holds the parts of the definition's fingerprint; None where an
    earlier version of the library did not record it.
    """

    commit: Commit
    inputs: Mapping[str, Position]
    watermark: date | None
    definition: Mapping[str, Json] | None

    def position(self, name: str) -> Position | None:
        """How far the table has read the input ``name``; None where it never did."""
        return self.inputs.get(name)


@dataclass
class ProgressReader:
    """The state of each table of a run: read once, then updated with the run's own commits."""

    _states: dict[str, TableState | None] = field(default_factory=dict)
    _ids: dict[str, str] = field(default_factory=dict)
    _writers: dict[str, str | None] = field(default_factory=dict)

    def state(self, tables: Tables, table: str) -> TableState | None:
        """The table's commits that count; None where the table does not exist."""
        if table not in self._states:
            self._writers[table] = writer_token(tables, table)
            self._read_state(tables, table)
        return self._states[table]

    @contextmanager
    def locked(self, tables: Tables, table: str) -> Iterator[None]:
        """Hold the table's lock. The state is read again if another run may have written since."""
        before = writer_token(tables, table)
        with table_lock(tables, table):
            is_known = table in self._states and before is not None
            if not is_known or self._writers.get(table) != before:
                self._read_state(tables, table)
            self._writers[table] = writer_token(tables, table)
            yield

    def _read_state(self, tables: Tables, table: str) -> None:
        state = tables.state(table)
        logger.debug("%s is at version %s", table, state.version if state else "none")
        if state is None:
            self._ids.pop(table, None)
        self._states[table] = state

    def whole_log(self, tables: Tables, table: str) -> TableState | None:
        """``state`` with every commit that the log still holds."""
        state = self.state(tables, table)
        if state is None or state.whole_log:
            return state
        self._states[table] = tables.state(table, whole_log=True)
        return self._states[table]

    def position(self, tables: Tables, table: str) -> Position | None:
        """The table's id and newest version; None where the table does not exist."""
        state = self.state(tables, table)
        return None if state is None else Position(self.table_id(tables, table), state.version)

    def positions(self, tables: Tables, names: Iterable[str]) -> dict[str, Position]:
        """The position of each table that exists."""
        positions = {name: self.position(tables, name) for name in names}
        return {name: position for name, position in positions.items() if position is not None}

    def table_id(self, tables: Tables, table: str) -> str:
        """Delta's id of an existing table."""
        if table not in self._ids:
            state = self.state(tables, table)
            recorded = (commit.tag.get("id") for commit in (state.commits if state else ()))
            self._ids[table] = next(
                (str(name) for name in recorded if name), ""
            ) or tables.table_id(table)
        return self._ids[table]

    def known_id(self, table: str) -> str | None:
        """The table's id if already cached, for the tag of its next commit."""
        state = self._states.get(table)
        if table not in self._ids and state is not None:
            recorded = (commit.tag.get("id") for commit in state.commits)
            return next((str(name) for name in recorded if name), None)
        return self._ids.get(table)

    def progress(self, tables: Tables, table: str) -> Progress | None:
        """How far the table has read; None where no commit counts."""
        state = self.state(tables, table)
        commit = state.last_tagged if state is not None else None
        return None if commit is None else progress_of(commit)

    def forget(self, table: str) -> None:
        """Drop the cached state, after a write whose commit is not known."""
        self._states.pop(table, None)

    def carry(self, table: str, commit: Commit) -> None:
        """Add the run's own commit to the cached state, which then need not be read again."""
        state = self._states.pop(table, None)
        updated = (
            TableState(commit.version, (commit,)) if state is None else state.with_commit(commit)
        )
        if updated is not None and (state is not None or commit.version == 0):
            self._states[table] = updated


def progress_of(commit: Commit) -> Progress:
    """The progress recorded in a tagged commit."""
    tag = commit.tag
    inputs = tag.get("inputs", {})
    watermark = tag.get("watermark")
    return Progress(
        commit=commit,
        inputs={
            name: Position(str(at.get("id")), int(at["version"]))
            for name, at in inputs.items()
            if isinstance(at, dict)
        },
        watermark=date.fromisoformat(watermark) if watermark else None,
        definition=tag.get("definition"),
    )
