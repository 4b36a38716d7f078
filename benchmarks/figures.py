"""From runs to figures: minimum, median, the ratio of each pair, and where the time goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.data import Data

Runs = Mapping[str, Sequence[Mapping[str, Any]]]
AIMS = {"ratio": 1.5, "daily_share": 0.1}


def summary(runs: Runs, data: Data) -> dict[str, Any]:
    """The figures; those of what was not measured are absent. Seconds count from a ready session.

    ``daily_share`` is what a day with 1 % new rows takes beyond the fixed start, as a share of the
    whole build. It needs all three figures.
    """
    found: dict[str, Any] = {
        "lines": data.lines,
        "lines_of_the_day": data.lines_of_the_day,
        "aims": AIMS,
        "seconds": {name: _spread(of, "seconds") for name, of in runs.items()},
        "process_seconds": {name: _spread(of, "process") for name, of in runs.items()},
        "cpu_seconds": {name: _spread(of, "cpu_seconds") for name, of in runs.items()},
        "memory_gib": {name: _spread(of, "memory_gib") for name, of in runs.items()},
        "tables": {name: _tables(of) for name, of in runs.items() if name != "by_hand"},
    }
    if {"library", "by_hand"} <= set(runs):
        pairs = zip(runs["library"], runs["by_hand"], strict=True)
        ratios = [ours["seconds"] / theirs["seconds"] for ours, theirs in pairs]
        found["ratios"] = [round(ratio, 3) for ratio in ratios]
        found["ratio"] = round(median(ratios), 3)
        cpu = found["cpu_seconds"]
        found["cpu_ratio"] = round(cpu["library"]["median"] / cpu["by_hand"]["median"], 3)
    if {"library", "daily", "fixed"} <= set(runs):
        took = {name: found["seconds"][name]["median"] for name in ("library", "daily", "fixed")}
        found["daily_share"] = round((took["daily"] - took["fixed"]) / took["library"], 3)
    return found


def _spread(runs: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    values = [run[name] for run in runs]
    return {"min": round(min(values), 2), "median": round(median(values), 2)}


def _tables(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Median seconds of each step and of each table in it, as ``ops.runs`` has them."""
    by_name: dict[str, list[float]] = {}
    for run in runs:
        for row in run["tables"]:
            by_name.setdefault(row["table"] or row["step"], []).append(row["seconds"])
    return {name: round(median(values), 2) for name, values in by_name.items()}


def table(found: Mapping[str, Any]) -> str:
    """The figures as text."""
    lines = [
        f"{found['lines']:,} order lines, a day more: {found['lines_of_the_day']:,}; "
        f"{found['machine']['cores']} cores",
        f"{'seconds from a ready session':42}{'minimum':>10}{'median':>10}{'CPU':>10}{'GiB':>10}",
    ]
    names = {
        "library": "bronze to gold, this pipeline",
        "by_hand": f"bronze to gold, {found['by_hand_source']}",
        "daily": "a day with 1 % new rows",
        "fixed": "nothing new, all tables",
    }
    for name, words in names.items():
        if name in found["seconds"]:
            spread = found["seconds"][name]
            cpu, memory = found["cpu_seconds"][name], found["memory_gib"][name]
            lines.append(
                f"{words:42}{spread['min']:10.1f}{spread['median']:10.1f}"
                f"{cpu['median']:10.1f}{memory['median']:10.1f}"
            )
    if "ratio" in found:
        pairs = ", ".join(f"{ratio:.2f}" for ratio in found["ratios"])
        lines.append(
            f"ratio to the script: {found['ratio']:.2f} (pairs {pairs}; aim 1.5); "
            f"in processor time {found['cpu_ratio']:.2f}"
        )
    if "daily_share" in found:
        share = found["daily_share"]
        lines.append(f"the day beyond the fixed start: {share:.1%} of the build (aim 10 %)")
    for name, of in found["tables"].items():
        slowest = ", ".join(f"{what} {seconds:.1f}" for what, seconds in of.items())
        lines.append(f"{name}: {slowest}")
    return "\n".join(lines)
