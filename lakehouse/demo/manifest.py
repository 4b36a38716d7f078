"""The manifest of the generated data: every planted fault and its expected outcome."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from lakehouse.errors import UsageError

Outcome = Literal["quarantined", "superseded", "rescued", "written"]
FILE = "_manifest.json"


@dataclass(frozen=True)
class Fault:
    """One planted row.

    ``file`` is relative to the landing folder; ``line`` counts its data lines from 1, without a CSV
    header (None: the whole file). ``keys`` holds the business key as in the file, empty where the
    line cannot be parsed. ``rules`` are all critical rules that the row fails, in the order of
    ``_failed_rules``. ``outcome``: ``quarantined``; ``superseded`` (an exact repeat); ``rescued``
    (written, with an undeclared column that is kept in bronze); ``written`` (unusual, but valid).
    """

    kind: str
    table: str
    source: str
    file: str
    line: int | None
    keys: dict[str, str | None]
    outcome: Outcome
    rules: list[str]
    what: str


@dataclass(frozen=True)
class Manifest:
    """The parameters of the data, the rows of each source, and every planted fault."""

    landing: Path
    seed: int
    start: str
    days: int
    customers: int
    counts: dict[str, int]
    faults: list[Fault] = field(default_factory=list)

    def write(self) -> Path:
        """Write ``_manifest.json`` to the landing folder; deterministic for the same data."""
        content = {name: value for name, value in asdict(self).items() if name != "landing"}
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        target = self.landing / FILE
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
        return target

    def of(self, table: str, outcome: Outcome) -> list[Fault]:
        """The faults of one table with one outcome."""
        return [f for f in self.faults if f.table == table and f.outcome == outcome]


def read_manifest(landing: Path) -> Manifest:
    """The manifest of a landing folder. Raises UsageError where it has none."""
    file = landing / FILE
    if not file.is_file():
        raise UsageError(
            f"no {FILE}: this folder was not generated",
            where=str(landing),
            hint="generate data with: lakehouse generate",
        )
    content = json.loads(file.read_text(encoding="utf-8"))
    faults = [Fault(**fault) for fault in content.pop("faults")]
    return Manifest(landing=landing, faults=faults, **content)
