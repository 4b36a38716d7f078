"""``make bench``: the figures of ``benchmarks/registry.py``; writes ``build/bench.json``.

Each measurement is a process of its own, and both sides of a figure take turns. Spark's work is
counted from its event log for every command. ``ARGS="--only nothing,preview --lines 100000"``
chooses figures and a size; results of other figures stay in the file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.process import ROOT
from benchmarks.registry import DEFAULT, FIGURES
from benchmarks.sides import Asked
from benchmarks.text import format_result
from benchmarks.workbench import tell

RESULTS = ROOT / "build" / "bench.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where sides differ in their rows or a command failed."""
    words = _arguments(arguments)
    asked = Asked(
        folder=ROOT / "build" / "bench",
        lines=words.lines,
        runs=words.runs,
        rows=words.rows,
        sizes=words.sizes,
        base=words.base.resolve() if words.base else None,
    )
    code = 0
    for name in words.only:
        figure = FIGURES[name]
        tell(f"{name}: {figure.what}")
        try:
            result = figure.measure(asked)
        except subprocess.CalledProcessError as problem:
            print(f"{name}: failed: {' '.join(map(str, problem.cmd))[:200]}")
            code = 1
            continue
        print(format_result(name, result, figure.aim), flush=True)
        _keep(name, {"aim": figure.aim, **result.as_json(), "asked": _as_json(words)})
    return code


def _keep(name: str, found: dict[str, Any]) -> None:
    """Put a figure into the file of results, with what it was measured on."""
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    if "figures" not in results:
        results = {"figures": {}}
    results["figures"][name] = {**found, "machine": machine()}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def machine() -> dict[str, Any]:
    """What a figure was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="order lines of the build")
    parser.add_argument("--runs", type=int, default=3, help="of each side")
    parser.add_argument("--rows", type=int, default=5_000_000, help="of tokens and gate")
    sizes = (1_000_000, 3_000_000, 10_000_000)
    parser.add_argument("--sizes", type=_sizes, default=sizes, help="order lines of growth: A,B")
    parser.add_argument("--only", type=_names, default=DEFAULT, help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--base", type=Path, help="another checkout, measured in the same turns")
    return parser.parse_args(arguments)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not set(names) <= set(FIGURES):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(FIGURES)}")
    return names


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(size) for size in text.split(",")))


def _as_json(words: argparse.Namespace) -> dict[str, Any]:
    return {key: str(value) if key == "base" else value for key, value in vars(words).items()}


if __name__ == "__main__":
    sys.exit(main())
