"""What the terminal says of a table, a step and a gate, as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.reporting.numbers import count, exact

MARKS = {"passed": "✓", "failed": "✗", "skipped": "·"}
STEP = 10
TABLE = 34


@dataclass(frozen=True)
class TableLine:
    """How one table's refresh ended. ``status``: passed, failed or skipped."""

    table: str
    status: str = "passed"
    rows_written: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    seconds: float | None = None
    message: str = ""
    rows_rescued: int = 0


def duration(seconds: float) -> str:
    """``0.4 s``, ``31 s`` or ``3 min 40 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counts(written: int, quarantined: int, superseded: int, rescued: int = 0) -> str:
    """``412,190 written · 322 quarantined``; parts that are zero are left out."""
    parts = [
        (written, "written"),
        (quarantined, "quarantined"),
        (superseded, "superseded"),
        (rescued, "rescued"),
    ]
    shown = [f"{exact(number)} {word}" for number, word in parts if number]
    return " · ".join(shown) or "0 written"


def table_text(line: TableLine) -> str:
    """``    silver.orders    ✓  4,390 written · 20 quarantined    1.4 s``."""
    said = counts(line.rows_written, line.rows_quarantined, line.rows_superseded, line.rows_rescued)
    if line.status == "skipped":
        said = line.message or "nothing new"
    elif line.status == "failed":
        said = (line.message or "failed").splitlines()[0]
        said = said.removeprefix(f"{line.table}: ").removeprefix(line.table).strip(" ✗")
    took = f"  {duration(line.seconds)}" if line.seconds is not None else ""
    mark = MARKS.get(line.status, "·")
    return f"    {line.table:<{TABLE}} {mark}  {said:<48}{took:>9}".rstrip()


def step_text(name: str, tables: int, done: Sequence[TableLine] | None = None) -> str:
    """``  refine     5 tables   412,190 written · 322 quarantined``; the sum once it is done."""
    head = f"  {name:<{STEP}} {count(tables, 'table'):<10}"
    if done is None:
        return head.rstrip()
    sums = [
        sum(getattr(line, f"rows_{name}") for line in done)
        for name in ("written", "quarantined", "superseded", "rescued")
    ]
    failed = sum(line.status == "failed" for line in done)
    said = "nothing new" if all(line.status == "skipped" for line in done) else counts(*sums)
    return f"{head}  {said}{f' · {failed} failed' if failed else ''}".rstrip()
