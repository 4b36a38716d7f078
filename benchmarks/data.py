"""The files that are measured: made once for a size, the last day held back as the daily run's."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from lakehouse.demo.generator import generate

FIRST_DAY = date(2026, 3, 1)
DAYS = 97  # of the whole build; the next one, a Saturday, brings about 1 % more lines


@dataclass(frozen=True)
class Data:
    """The landing folder of one size, its days, and the order lines of both parts."""

    folder: Path
    lines: int
    lines_of_the_day: int

    @property
    def landing(self) -> Path:
        """Where the files lie."""
        return self.folder / "landing"

    @property
    def key(self) -> Path:
        """The key of the tokens, made for these measurements alone."""
        return self.folder / "privacy.key"

    @property
    def first(self) -> date:
        """The first day of the whole build."""
        return FIRST_DAY

    @property
    def last(self) -> date:
        """The last day of the whole build."""
        return FIRST_DAY + timedelta(days=DAYS - 1)

    @property
    def next_day(self) -> date:
        """The day that the daily run brings."""
        return FIRST_DAY + timedelta(days=DAYS)


def make(folder: Path, lines: int) -> Data:
    """About ``lines`` order lines without faults below ``folder``, unless they are there already.

    Faults are left out so that both sides must come to the same gold, row by row.
    """
    stamp = folder / "data.json"
    asked = {"lines": lines, "days": DAYS, "first": str(FIRST_DAY)}
    if not stamp.is_file() or json.loads(stamp.read_text())["asked"] != asked:
        folder.mkdir(parents=True, exist_ok=True)
        asked_lines = round(lines * (DAYS + 1) / DAYS)
        generate(
            folder / "landing", lines=asked_lines, days=DAYS + 1, start=FIRST_DAY, faults=False
        )
        write_key(folder / "privacy.key")
        counted = _count(folder / "landing")
        stamp.write_text(json.dumps({"asked": asked, "counted": counted}))
    counted = json.loads(stamp.read_text())["counted"]
    return Data(folder, counted["build"], counted["day"])


def write_key(file: Path) -> None:
    """A new key of the tokens, unless there is one."""
    if file.exists():
        return
    file.touch(mode=0o600)
    file.write_text(secrets.token_hex(32))


def _count(landing: Path) -> dict[str, int]:
    held_back = f"{FIRST_DAY + timedelta(days=DAYS)}.csv"
    counts = {"build": 0, "day": 0}
    for file in sorted((landing / "order_lines").glob("*.csv")):
        with file.open("rb") as lines:
            counts["day" if file.name == held_back else "build"] += sum(1 for _ in lines) - 1
    return counts
