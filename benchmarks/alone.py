"""Figures that one process measures by itself, both sides in one session: tokens, gate, files, and
those of models.

And DuckDB, which has a process but no event log.
"""

from __future__ import annotations

from typing import Any

from benchmarks import data
from benchmarks.process import Measured, module
from benchmarks.result import Result, Runs, ratio
from benchmarks.sides import Asked
from benchmarks.workbench import BY_HAND, OURS, Place, Workbench, turns

DUCKDB = "duckdb"


def tokens(asked: Asked) -> Result:
    """A keyed token of a column beside a plain ``sha2`` of it."""
    return _session(asked, "tokens", "sha2", "--rows", asked.rows, "--runs", asked.runs)


def gate(asked: Asked) -> Result:
    """Rules and quarantine beside Great Expectations' validation."""
    against = "Great Expectations"
    return _session(asked, "gate", against, "--rows", asked.rows, "--runs", asked.runs)


def files(asked: Asked) -> Result:
    """Finding 5 new files among 100,000 beside a listing of their folder."""
    return _session(asked, "known_files", "os.scandir", "--runs", asked.runs)


def search(asked: Asked) -> Result:
    """The standard candidates tried on Spark's workers beside one process."""
    return _session(asked, "search", "one process", "--rows", asked.rows, "--runs", asked.runs)


def scoring(asked: Asked) -> Result:
    """Scores in Spark beside scikit-learn's ``predict_proba`` on all cores."""
    return _session(asked, "scoring", "scikit-learn", "--rows", asked.rows, "--runs", asked.runs)


def scoring_udf(asked: Asked) -> Result:
    """Scores in Spark beside ``mlflow.pyfunc.spark_udf``."""
    return _session(asked, "scoring_udf", "spark_udf", "--rows", asked.rows, "--runs", asked.runs)


def joins(asked: Asked) -> Result:
    """Label rows with the newest features of three tables beside a window by hand."""
    return _session(asked, "joins", "window by hand", "--rows", asked.rows, "--runs", asked.runs)


def duckdb(asked: Asked) -> Result:
    """DuckDB with delta-rs beside the script by hand: the same tables, as whole processes."""
    made = data.make(asked.folder / str(asked.lines), asked.lines)
    bench = Workbench(Place.of(made))
    bench.ensure(OURS, made.first, made.last)
    bench.ensure(BY_HAND, made.first, made.last)
    runs: Runs = {}
    place = bench.built(DUCKDB)
    for side in turns((BY_HAND, DUCKDB), asked.runs):
        if side == DUCKDB:
            words = ("--landing", made.landing, "--warehouse", place, "--end", made.last)
            found = bench.measure(side, module("benchmarks.with_duckdb", *words))
        else:
            found = bench.build(side, made.first, made.last)
        runs.setdefault(side, []).append(found)
    bench.compare(place, bench.built(BY_HAND), "--tables", TABLES)
    return ratio(runs, BY_HAND, DUCKDB)


TABLES = ",".join(
    f"gold/{name}"
    for name in ("weekly_store_sales", "quarterly_department_revenue", "daily_active_users")
)


def _session(asked: Asked, name: str, against: str, *words: object) -> Result:
    """A module that prints ``{"seconds": …, "pairs": [[ours, theirs], …], "notes": […]}``."""
    folder = asked.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    bench = Workbench(Place(folder, folder / "landing", folder / "privacy.key"))
    process = bench.measure(name, module(f"benchmarks.{name}", folder, *words))
    return _from_pairs(process, against)


def _from_pairs(process: Measured, against: str) -> Result:
    printed: dict[str, Any] = process.printed
    sides = list(zip(*printed["pairs"], strict=True))
    ratios = sorted(ours / theirs for ours, theirs in printed["pairs"])
    texts = [", ".join(f"{seconds:.3f}" for seconds in side) for side in sides]
    return Result(
        round(ratios[len(ratios) // 2], 3),
        [round(ours / theirs, 3) for ours, theirs in printed["pairs"]],
        against,
        {"both, one session": [process]},
        [f"ours: {texts[0]} s", f"{against}: {texts[1]} s", *printed.get("notes", [])],
    )
