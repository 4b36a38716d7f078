"""Deliveries that the library loads into tables of each write mode, compared with the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import till as t
from any_order import LAST_DAY, Delivery, Row, Sequence30, Slot, say, simpler, weight
from any_order_model import Landing, Table, tables
from pyspark.sql import SparkSession
from till import Till

FIRST_DAY = date(2026, 3, 1)
COLUMNS = "; ".join(
    f"{name}: {{type: {'string' if name in ('value', 'op') else 'int'}, pii: none}}"
    for name in Row._fields
)
SQL = f"SELECT {', '.join(Row._fields)} FROM bronze.events"
SEQUENCED = "keys: [key, item]\nsequence_by: at\napply_as_deletes: \"op = 'D'\""
WRITES = {
    "first": "write: append\nkeys: [key, item]",
    "latest": f"write: scd1\n{SEQUENCED}",
    "history": f"write: scd2\n{SEQUENCED}",
}
TOTALS = "SELECT key, value, count(*) AS n, sum(n) AS total FROM silver.latest GROUP BY key, value"
READ = {
    "bronze.events": (*Row._fields, "_known_date"),
    "quarantine.silver_latest": Row._fields,
    "silver.first": (*Row._fields, "_known_date"),
    "silver.latest": (*Row._fields, "_known_date"),
    "silver.history": (
        *Row._fields, "valid_from", "valid_to", "known_from", "known_to", "is_current"
    ),
    "gold.totals": ("key", "value", "n", "total"),
}  # fmt: skip
STEADY_KEY = -1
STEADY: list[tuple[Slot, Row]] = [
    ("first", Row(STEADY_KEY, 0, 1, "a", "U", 0)),
    ("second", Row(STEADY_KEY, 1, 1, "a", "U", 0)),
    ("late", Row(STEADY_KEY, 2, 1, "a", "U", 0)),
    ("early", Row(STEADY_KEY, 3, 1, "a", "U", 0)),
]
"""A good row in each file, so that not all rows of a day break the rule. It is not compared."""


@dataclass
class Deliveries:
    """The thirty deliveries; silver and gold follow those in ``refined``, and a last run."""

    spark: SparkSession
    home: Path
    deliveries: Sequence[Delivery]
    refined: Collection[int]
    tries: list[Path] = field(default_factory=list)

    def compare(self, sequences: Sequence[Sequence30]) -> dict[int, str]:
        """What differs from the model by key, which is the place in ``sequences``."""
        self.tries.append(self.home / str(len(self.tries)))
        till, landing = _declared(self.tries[-1]), Landing()
        said = [say(key, steps) for key, steps in enumerate(sequences)]
        for number, delivery in enumerate(self.deliveries):
            _set_chunks(till, delivery.max_files)
            rows = [row for of_key in said for row in of_key[number]]
            for file in landing.land(number, delivery, [*STEADY, *rows]):
                content = [row._asdict() for row in file.rows]
                till.land("events", _day(file.day), *content, part=file.name)
            steps = t.STEPS if number in self.refined else ("ingest",)
            self._run(till, landing, delivery.day - delivery.span, delivery.day, steps)
            if number in self.refined and (differing := self._differences(till, landing)):
                return differing
        self._run(till, landing, LAST_DAY, LAST_DAY, t.STEPS)
        return self._differences(till, landing)

    def shrink(self, steps: Sequence30, rounds: int = 5) -> tuple[Sequence30, str]:
        """The simplest sequence that differs as well, all simpler ones being tried at once."""
        why = ""
        for _ in range(rounds):
            candidates = simpler(steps)
            differing = self.compare(candidates)
            if not differing:
                break
            key = min(differing, key=lambda number: weight(candidates[number]))
            steps, why = candidates[key], differing[key]
        return steps, why

    def _run(
        self, till: Till, landing: Landing, start: int, end: int, steps: Sequence[str]
    ) -> None:
        landing.run(start, end)
        lake = till.shop(self.spark).opened()
        outcomes = lake.run("run", start=_day(start), end=_day(end), steps=list(steps))
        errors = [outcome for outcome in outcomes if outcome.error is not None]
        assert not errors, errors

    def _differences(self, till: Till, landing: Landing) -> dict[int, str]:
        expected = tables(landing.bronze)
        actual = {name: self._read(till, name) for name in expected}
        differing: dict[int, list[str]] = defaultdict(list)
        for name, table in expected.items():
            for key, rows in _by_key(actual[name] - table).items():
                differing[key].append(f"{name} has {rows}")
            for key, rows in _by_key(table - actual[name]).items():
                differing[key].append(f"{name} lacks {rows}")
        differing.pop(STEADY_KEY, None)
        return {key: "\n".join(lines) for key, lines in differing.items()}

    def _read(self, till: Till, table: str) -> Table:
        if not till.shop(self.spark).exists(table):
            return Table()
        rows = t.read(till, self.spark, table).select(*READ[table]).collect()
        return Table(tuple(map(_cell, row)) for row in rows)


def _declared(home: Path) -> Till:
    till = Till(home)
    for name, write in WRITES.items():
        till.suite(f"silver.{name}", t.not_null("n", "n_is_present", mostly=0.001))
        till.silver(name, SQL, f"{write}\nexpectations: silver.{name}", "events")
    gold = "source: silver.latest\nwrite: replace_keys\nkeys: [key, value]"
    till.gold("totals", TOTALS, gold)
    return till


def _set_chunks(till: Till, max_files: int | None) -> None:
    till.bronze("events", COLUMNS)
    if max_files:
        file = till.conf / "pipelines" / "tiny" / "bronze" / "events.yml"
        text = file.read_text().replace('{date}"', f'{{date}}", max_files: {max_files}')
        file.write_text(text)


def _by_key(rows: Table) -> Mapping[int, list[tuple[Any, ...]]]:
    by_key = defaultdict(list)
    for row in sorted(rows.elements(), key=str):
        by_key[row[0]].append(row)
    return by_key


def _day(number: int) -> str:
    return str(FIRST_DAY + timedelta(days=number))


def _cell(value: Any) -> Any:
    """A value of a table as the model has it: days as numbers."""
    return (value - FIRST_DAY).days if isinstance(value, date) else value
