"""The terminal's face: what a step does, line by line, in colour and in place where that works."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from threading import RLock
from typing import TextIO

from lakehouse.reporting.terminal_text import (
    TableLine,
    duration,
    step_text,
    table_text,
)

__all__ = ["Console", "TableLine"]

BAR = 24
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
_COLOURS = {"✓": "32", "✗": "31", "!": "33", "▸": "1"}


class Console:
    """Prints to one stream; safe to call from several threads.

    With ``tty`` a running step is one line with a bar, drawn in place; without, each table is a
    line when it ends. A stream that is not UTF-8 gets plain ASCII.
    """

    def __init__(
        self, stream: TextIO, *, tty: bool = False, colour: bool = False, width: int = 100
    ) -> None:
        self._stream, self._tty, self._colour, self._width = stream, tty, colour, width
        self._ascii = "utf" not in (getattr(stream, "encoding", None) or "utf-8").lower()
        self._lock = RLock()
        self._step, self._total = "", 0
        self._running: list[str] = []
        self._done: list[TableLine] = []
        self._drawn = False

    @classmethod
    def of(cls, stream: TextIO | None = None, env: Mapping[str, str] | None = None) -> Console:
        """A console that fits the stream and the environment (NO_COLOR, TERM=dumb, COLUMNS)."""
        stream, env = stream or sys.stdout, os.environ if env is None else env
        tty = stream.isatty() and env.get("TERM") != "dumb" and not env.get("CI")
        columns = env.get("COLUMNS", "")
        width = int(columns) if columns.isdigit() and int(columns) > 20 else 100
        return cls(stream, tty=tty, colour=tty and not env.get("NO_COLOR"), width=width)

    def headline(self, title: str, days: str = "") -> None:
        """``▸ retail  2026-03-01 … 2026-06-25``."""
        self._print(f"▸ {title}  {days}".rstrip())

    def note(self, label: str, text: str, seconds: float | None = None) -> None:
        """``· environment        .venv, 214 packages                      31 s``."""
        line = f"· {label:<18} {text}"
        if seconds is not None:
            line = f"{line:<70}  {duration(seconds)}"
        self._print(line.rstrip())

    def line(self, text: str) -> None:
        """A line as it is, above a running bar."""
        self._print(text)

    def step(self, name: str, n_tables: int) -> None:
        """A step starts; ends the one before."""
        with self._lock:
            self.step_done()
            self._step, self._total, self._running, self._done = name, n_tables, [], []
            if not self._tty:
                self._print(step_text(name, n_tables))
            self._draw()

    def table_started(self, name: str) -> None:
        """A table's refresh starts; shown beside the bar."""
        with self._lock:
            self._running.append(name)
            self._draw()

    def table_done(self, line: TableLine) -> None:
        """A table's refresh ended: a line of its own, or a longer bar."""
        with self._lock:
            if line.table in self._running:
                self._running.remove(line.table)
            self._done.append(line)
            if not self._tty or line.status == "failed":
                self._print(table_text(line))
            self._draw()

    def step_done(self) -> None:
        """The step is over: on a terminal the bar becomes its sum."""
        with self._lock:
            if self._step and self._tty:
                self._clear()
                name, done = self._step, list(self._done)
                self._step = ""
                self._print(step_text(name, len(done), done))
            self._step = ""

    def error(self, text: str) -> None:
        """An error's own words, each line as it is."""
        for part in text.splitlines():
            self._print(part)

    def summary(self, lines: Iterable[tuple[str, str]], title: str = "") -> None:
        """A block of label and value, aligned, after everything else."""
        with self._lock:
            self.step_done()
            if title:
                self._print(title)
            rows = list(lines)
            width = max((len(label) for label, _ in rows), default=0)
            for label, value in rows:
                self._print(f"  {label:<{width}}  {value}")

    def _print(self, text: str) -> None:
        with self._lock:
            self._clear()
            self._stream.write(self._dressed(text) + "\n")
            self._draw()
            self._stream.flush()

    def _draw(self) -> None:
        if not (self._tty and self._step):
            return
        part = len(self._done) / self._total if self._total else 1.0
        full = min(BAR, round(BAR * part))
        bar = "█" * full + "░" * (BAR - full)
        names = ", ".join(name.partition(".")[2] or name for name in self._running)
        text = f"{step_text(self._step, self._total):<25} {bar}  {names}"
        self._clear()
        self._stream.write(self._plain(text[: self._width - 1]))
        self._stream.flush()
        self._drawn = True

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._drawn = False

    def _plain(self, text: str) -> str:
        if not self._ascii:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")

    def _dressed(self, text: str) -> str:
        plain = self._plain(text)
        if not self._colour or self._ascii:
            return plain
        for mark, code in _COLOURS.items():
            if f" {mark} " in f" {plain}"[:60]:
                return plain.replace(mark, f"\x1b[{code}m{mark}\x1b[0m", 1)
        return plain
