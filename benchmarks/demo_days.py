"""Figure ``demo-days``: the last three days of the demo in one session, with model and report."""

from __future__ import annotations

from datetime import date, timedelta

from benchmarks.data import write_key
from benchmarks.result import Result, Runs, ratio
from benchmarks.sides import Asked
from benchmarks.workbench import BASE, OURS, Place, Workbench, turns
from lakehouse.demo.generator import generate

CUSTOMERS, DAYS, LATER = 2000, 120, 3
FIRST = date(2026, 3, 1)
REFRESH = "ingest,refine,aggregate,features"


def demo_days(asked: Asked) -> Result:
    """Days 118 to 120, all steps, on a warehouse through day 117 with its trained model."""
    bench = Workbench(_place(asked), asked.base)
    last = FIRST + timedelta(days=DAYS - 1)
    trained = last - timedelta(days=LATER)
    sides = bench.with_base(OURS)
    for side in sides:
        bench.ensure(side, FIRST, trained, "--steps", REFRESH, "--train")
    runs: Runs = {}
    steps = ("--steps", f"{REFRESH},score,report", "--each-day")
    for side in turns(sides, asked.runs):
        found = bench.one(side, bench.copy(side), trained + timedelta(days=1), last, *steps)
        runs.setdefault(side, []).append(found)
    if bench.base:
        return ratio(runs, OURS, BASE)
    return Result(None, runs=runs, notes=["a value needs --base DIR"])


def _place(asked: Asked) -> Place:
    """The files of the demo, faults included, and a key."""
    folder = asked.folder / "demo"
    generate(folder / "landing", customers=CUSTOMERS, days=DAYS, start=FIRST)
    write_key(folder / "privacy.key")
    return Place(folder, folder / "landing", folder / "privacy.key")
