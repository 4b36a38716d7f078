"""Files that become one bronze table."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

from lakehouse.drafting.file_samples import FoundFile
from lakehouse.drafting.reading import Reading
from lakehouse.drafting.values import Value

_MAX_ROWS = 20_000


@dataclass(frozen=True)
class Source:
    """Files that become one bronze table. ``path`` is below ``{landing}``; ``readings`` are those
    of the files that were looked at, in the order of their paths."""

    name: str
    path: str
    files: tuple[FoundFile, ...]
    readings: tuple[Reading, ...]

    @property
    def reading(self) -> Reading:
        """All readings as one: every field that occurs, and at most 20,000 rows."""
        fields = tuple(dict.fromkeys(name for part in self.readings for name in part.fields))
        rows: list[tuple[Value, ...]] = []
        share = _MAX_ROWS // len(self.readings)
        for part in self.readings:
            places = [part.fields.index(name) if name in part.fields else None for name in fields]
            for row in part.rows[:share]:
                rows.append(tuple(None if place is None else row[place] for place in places))
        first = self.readings[0]
        notes = tuple(dict.fromkeys(note for part in self.readings for note in part.notes))
        options = {name: value for part in self.readings for name, value in part.options.items()}
        types = {name: kind for part in self.readings for name, kind in part.types.items()}
        return replace(
            first, fields=fields, rows=tuple(rows), notes=notes, options=options, types=types
        )

    @property
    def file_numbers(self) -> list[int]:
        """For each row of ``reading``, the number of its file."""
        share = _MAX_ROWS // len(self.readings)
        return [number for number, part in enumerate(self.readings) for _ in part.rows[:share]]

    @property
    def days(self) -> list[datetime.date]:
        """The business days in the paths, in order."""
        return sorted({file.template.day for file in self.files if file.template.day})

    @property
    def estimated_rows(self) -> int:
        """The rows of all files, from the rows and the lengths of those that were looked at."""
        rows = sum(len(part.rows) for part in self.readings)
        return rows * len(self.files) // len(self.readings)
