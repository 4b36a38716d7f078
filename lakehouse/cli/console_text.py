"""The lines of the console as plain text: a table, a step with its totals, a bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakehouse.refresh.outcome import RefreshOutcome

BAR = 24
STEP = 10
TABLE = 34
_MARKS = {"passed": "✓", "failed": "✗", "skipped": "·"}
_COUNTS = ("written", "deleted", "quarantined", "superseded", "rescued")
_ASCII = str.maketrans(
    {
        "✓": "+",
        "✗": "x",
        "·": "-",
        "▸": ">",
        "█": "#",
        "░": ".",
        "…": "..",
        "±": "+/-",
        "–": "-",
        "×": "x",
        "\N{NO-BREAK SPACE}": " ",
    }
)


def as_ascii(text: str) -> str:
    """The text for a stream that is not UTF-8; ``?`` for characters without an ASCII equivalent."""
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


def duration(seconds: float) -> str:
    """``0.4 s``, ``31 s`` or ``3 min 40 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def counts_text(outcomes: Sequence[RefreshOutcome]) -> str:
    """``412,190 written · 322 quarantined``: totals, without counts that are zero."""
    sums = {name: sum(getattr(o, f"rows_{name}") for o in outcomes) for name in _COUNTS}
    return " · ".join(f"{n:,} {name}" for name, n in sums.items() if n) or "0 written"


def table_text(outcome: RefreshOutcome) -> str:
    """``    silver.orders    ✓  4,390 written · 20 quarantined    1.4 s``."""
    text = counts_text([outcome])
    if outcome.status == "skipped":
        text = outcome.message or "nothing new"
    elif outcome.status == "failed":
        text = (outcome.message or "failed").splitlines()[0]
        text = text.removeprefix(f"{outcome.table}: ").removeprefix(outcome.table).strip(" ✗")
    seconds = "" if outcome.seconds is None else f"  {duration(outcome.seconds)}"
    mark = _MARKS[outcome.status]
    return f"    {outcome.table:<{TABLE}} {mark}  {text:<48}{seconds:>9}".rstrip()


def step_text(name: str, tables: int, done: Sequence[RefreshOutcome] | None = None) -> str:
    """``  refine     5 tables   412,190 written · 322 quarantined``; the totals once it is done.

    A step without tables is only its name.
    """
    if not tables and not done:
        return f"  {name}"
    number = f"{tables:,} table{'' if tables == 1 else 's'}"
    head = f"  {name:<{STEP}} {number:<10}"
    if done is None:
        return head.rstrip()
    failed = sum(outcome.status == "failed" for outcome in done)
    waiting = sum(outcome.message.startswith("waits for ") for outcome in done)
    is_idle = all(outcome.status == "skipped" for outcome in done)
    parts = ["nothing new"] if is_idle else [counts_text(done)]
    if len(done) == waiting:
        parts = []
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{waiting} waiting"] if waiting else []
    return f"{head}  {' · '.join(parts)}".rstrip()


def bar_text(name: str, tables: int, done: int, running: Sequence[str]) -> str:
    """``  aggregate  3 tables   ████████░░░░░░░░░░░░░░░░  weekly_store_sales``."""
    full = min(BAR, round(BAR * done / tables)) if tables else BAR
    names = ", ".join(table.partition(".")[2] or table for table in running)
    return f"{step_text(name, tables):<25} {'█' * full}{'░' * (BAR - full)}  {names}".rstrip()
