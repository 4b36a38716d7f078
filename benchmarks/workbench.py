"""The warehouses that figures are measured on: built once for each side, then copied."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.data import Data
from benchmarks.process import ROOT, Measured, measure, module, script

OURS, BASE, BY_HAND, INCREMENTAL = "ours", "base", "by_hand", "incremental_by_hand"


@dataclass(frozen=True)
class Place:
    """The files of a figure, and where its warehouses lie."""

    folder: Path
    landing: Path
    key: Path

    @classmethod
    def of(cls, data: Data) -> Place:
        """The place of generated data."""
        return cls(data.folder, data.landing, data.key)


@dataclass(frozen=True)
class Workbench:
    """Runs sides on a place. ``base`` is another checkout; where given, it is a side too."""

    place: Place
    base: Path | None = None

    def checkout(self, side: str) -> Path:
        """The checkout whose library a side runs."""
        return self.base if side == BASE and self.base else ROOT

    def with_base(self, *sides: str) -> tuple[str, ...]:
        """The sides, and ``base`` where there is one."""
        return (*sides, BASE) if self.base else sides

    def one(
        self,
        side: str,
        warehouse: Path,
        start: date,
        end: date,
        *flags: str,
        landing: Path | None = None,
    ) -> Measured:
        """Run a side of ``benchmarks/one.py`` from ``start`` to ``end`` on a warehouse."""
        command = script(
            "one.py",
            OURS if side == BASE else side,
            *("--landing", landing or self.place.landing, "--warehouse", warehouse),
            *("--key", self.place.key, "--start", start, "--end", end, *flags),
        )
        return self.measure(side, command)

    def measure(self, side: str, command: Sequence[str]) -> Measured:
        """Measure a command as a side, and tell its seconds."""
        found = measure(command, self.place.folder / "events" / side, checkout=self.checkout(side))
        tell(f"  {side:20} {found.seconds:7.1f} s, process {found.process_seconds:.1f} s")
        return found

    def lakehouse(self, side: str, warehouse: Path, *words: str) -> Measured:
        """Measure a call of the command line as a whole process."""
        settings = {
            "landing": str(self.place.landing),
            "warehouse": str(warehouse),
            "privacy_key": f"${{file:{self.place.key}}}",
            "mlflow": str(warehouse.parent / "mlflow"),
            "reports": str(warehouse.parent / "reports"),
        }
        sets = [word for pair in settings.items() for word in ("--set", "=".join(pair))]
        return self.measure(side, module("lakehouse.cli.main", *words, *sets))

    def built(self, name: str) -> Path:
        """The kept warehouse of a side; it may not exist."""
        return self.place.folder / "built" / name / "warehouse"

    def build(self, side: str, start: date, end: date, *flags: str, name: str = "") -> Measured:
        """Build a side's kept warehouse anew."""
        warehouse = self.built(name or side)
        shutil.rmtree(warehouse.parent, ignore_errors=True)
        warehouse.parent.mkdir(parents=True)
        try:
            return self.one(side, warehouse, start, end, *flags)
        except BaseException:
            shutil.rmtree(warehouse.parent)  # half a warehouse must not be taken for a whole one
            raise

    def ensure(self, side: str, start: date, end: date, *flags: str, name: str = "") -> Path:
        """The kept warehouse of a side, built where it does not exist."""
        if not self.built(name or side).is_dir():
            tell(f"building {name or side} as of {end}")
            self.build(side, start, end, *flags, name=name)
        return self.built(name or side)

    def copy(self, name: str) -> Path:
        """A fresh copy of a kept warehouse and what lies beside it."""
        home = self.place.folder / "copies" / name
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.built(name).parent, home)
        return home / "warehouse"

    def compare(self, one: Path, other: Path, *flags: str) -> None:
        """Raise CalledProcessError unless both warehouses hold the same rows."""
        command = module("benchmarks.same", one, other, *flags)
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        tell(done.stdout.rstrip())
        done.check_returncode()


def turns(sides: Sequence[str], runs: int) -> Iterator[str]:
    """The sides in turn, each time in the opposite order."""
    for number in range(runs):
        yield from sides if number % 2 == 0 else reversed(sides)


def tell(text: str) -> None:
    """Say on stderr what is being done."""
    print(text, file=sys.stderr, flush=True)
