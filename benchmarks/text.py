"""Results as text."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.process import Measured
from benchmarks.result import Result, middle

_HEAD = (
    f"  {'':20}{'seconds':>9}{'process':>9}{'CPU':>8}{'tasks':>8}{'driver':>8}{'GiB':>6}"
    f"{'SQL':>6}{'history':>8}{'jobs':>6}{'MB read':>9}"
)


def format_result(name: str, result: Result, aim: float | None) -> str:
    """A headline with value, aim and pairs; then a line for each side, medians of its runs.

    ``seconds`` are the figure's, ``process`` those from start to end. ``CPU`` are processor seconds
    of the process, of which ``tasks`` were spent in tasks and ``driver`` outside of them.
    """
    lines = [_headline(name, result, aim)]
    if result.runs:
        lines += [_HEAD, *(_line(side, runs) for side, runs in result.runs.items())]
    return "\n".join([*lines, *(f"  {note}" for note in result.notes)])


def _headline(name: str, result: Result, aim: float | None) -> str:
    words = [f"{name}:", "not measured" if result.value is None else f"{result.value:.2f}"]
    if result.against:
        words.append(f"times {result.against}")
    details = [f"aim at most {aim}" if aim is not None else "for the record"]
    if result.pairs:
        details.append("pairs " + ", ".join(f"{pair:.2f}" for pair in result.pairs))
    return f"{' '.join(words)} ({'; '.join(details)})"


def _line(side: str, runs: Sequence[Measured]) -> str:
    seconds, process, cpu, driver, memory = (
        middle(runs, name)
        for name in ("seconds", "process_seconds", "cpu_seconds", "driver_seconds", "memory_gib")
    )
    work = runs[-1].work
    return (
        f"  {side:20}{seconds:9.1f}{process:9.1f}{cpu:8.1f}{cpu - driver:8.1f}{driver:8.1f}"
        f"{memory:6.1f}{work.executions:6}{work.histories:8}{work.jobs:6}"
        f"{work.bytes_read / 1e6:9.1f}"
    )
