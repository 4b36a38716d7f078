"""The files of a bronze table that the ledger knows, as columns.

A ledger may have very many records of which a run needs few. They stay in Arrow columns; what is
asked about all of them is computed on whole columns, and a ``FileRecord`` is made of those alone
that are asked for by key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.sources.file_record import FileRecord, from_row, parse_replaced, to_row
from lakehouse.sources.listing import Stamp

COLUMNS = pa.schema(
    {
        "table": pa.string(),
        "path": pa.string(),
        "length": pa.int64(),
        "modified": pa.timestamp("us", tz="UTC"),
        "content_hash": pa.string(),
        "known_date": pa.date32(),
        "rows": pa.int64(),
        "rows_rescued": pa.int64(),
        "outcome": pa.string(),
        "message": pa.string(),
        "replaced": pa.string(),
    }
)
"""The columns of ``ops.files`` that a ``FileRecord`` has."""


class KnownFiles(Mapping[str, FileRecord]):
    """The records of one bronze table by key.

    ``rows`` has at least the columns of ``COLUMNS``. Of two rows with one path the last one counts.
    """

    def __init__(self, rows: pa.Table) -> None:
        positions = {path: position for position, path in enumerate(rows["path"].to_pylist())}
        if len(positions) < rows.num_rows:
            rows = rows.take(list(positions.values()))
            positions = {path: position for position, path in enumerate(positions)}
        self._positions: dict[str, int] = positions
        self._rows = rows.select(COLUMNS.names)

    @classmethod
    def of(cls, records: Iterable[FileRecord]) -> KnownFiles:
        """The files of these records."""
        return cls(pa.Table.from_pylist([to_row(record) for record in records], schema=COLUMNS))

    def __getitem__(self, key: str) -> FileRecord:
        position = self._positions[key]
        return from_row({name: column[position].as_py() for name, column in self._columns.items()})

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)

    @cached_property
    def _columns(self) -> dict[str, pa.Array]:
        """Each column in one piece, in which a position is found at once."""
        return {name: self._rows[name].combine_chunks() for name in COLUMNS.names}

    def settled(self) -> set[Stamp]:
        """The stamps of the files about which nothing is to be done while they are unchanged.

        Those are files that were loaded or ignored. Any other outcome is tried again or raises an
        alert, and so may a name with a colon or an invalid character (``name_problem``). A file
        whose length or time is unknown is not settled.
        """
        rows = self._rows
        is_done = pc.is_in(rows["outcome"], value_set=pa.array(["loaded", "ignored"]))
        is_odd = pc.match_substring_regex(rows["path"], "[:\ufffd]")
        settled = rows.filter(pc.and_not(is_done, is_odd))
        columns = (settled["path"], settled["length"], settled["modified"].cast(pa.int64()))
        return set(zip(*(column.to_pylist() for column in columns), strict=True))

    def ignored(self) -> KnownFiles:
        """The files that were ignored."""
        return KnownFiles(self._rows.filter(pc.equal(self._rows["outcome"], "ignored")))

    def find_loaded(self, contents: Collection[str]) -> dict[str, str]:
        """The key of a file that was loaded with each of these contents (SHA-256), where one was.

        A file that was rejected later counts: its record describes the content that was loaded.
        """
        rows = self._rows
        is_loaded = pc.is_in(rows["outcome"], value_set=pa.array(["loaded", "rejected"]))
        wanted = pa.array(sorted(contents), pa.string())
        same = rows.filter(pc.and_(is_loaded, pc.is_in(rows["content_hash"], value_set=wanted)))
        return dict(zip(same["content_hash"].to_pylist(), same["path"].to_pylist(), strict=True))

    def known_dates(self) -> dict[str, date]:
        """The first known date of each file that has one."""
        dated = self._rows.filter(pc.is_valid(self._rows["known_date"]))
        return dict(zip(dated["path"].to_pylist(), dated["known_date"].to_pylist(), strict=True))

    def replaced(self) -> dict[str, Mapping[str, date]]:
        """The replaced loads of each file that has any."""
        rows = self._rows.filter(pc.is_valid(self._rows["replaced"]))
        paths, texts = rows["path"].to_pylist(), rows["replaced"].to_pylist()
        loads = {path: parse_replaced(text) for path, text in zip(paths, texts, strict=True)}
        return {path: runs for path, runs in loads.items() if runs}
