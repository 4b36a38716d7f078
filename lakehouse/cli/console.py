"""The console: the progress of steps as lines; on a terminal with colours and a progress bar."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from threading import RLock
from typing import TYPE_CHECKING, TextIO

from rich.console import Console as Rich
from rich.live import Live
from rich.text import Text

from lakehouse.cli.console_text import as_ascii, bar_text, duration, step_text, table_text

if TYPE_CHECKING:
    from lakehouse.refresh.outcome import RefreshOutcome

_STYLES = {"✓": "green", "✗": "red", "!": "yellow", "▸": "bold"}
_MARK_WITHIN = 60


class Console:
    """Writes the progress of steps to a stream; safe to call from several threads.

    With ``tty`` a running step is one line with a progress bar; otherwise each table is a line when
    it ends. A stream that is not UTF-8 gets plain ASCII. Lines are never wrapped.
    """

    def __init__(self, stream: TextIO, *, tty: bool = False, colour: bool = False) -> None:
        self._tty = tty
        self._ascii = "utf" not in (getattr(stream, "encoding", None) or "utf-8").lower()
        self._rich = Rich(
            file=stream,
            force_terminal=tty,
            force_interactive=tty,
            color_system="standard" if colour else None,
            no_color=not colour,
            legacy_windows=False,
            soft_wrap=True,
        )
        self._lock = RLock()
        self._live: Live | None = None
        self._step, self._total, self._since = "", 0, 0.0
        self._running: list[str] = []
        self._done: list[RefreshOutcome] = []

    @classmethod
    def of(cls, stream: TextIO | None = None, env: Mapping[str, str] | None = None) -> Console:
        """A console for the stream and the environment (NO_COLOR, TERM=dumb, CI)."""
        stream, env = stream or sys.stdout, os.environ if env is None else env
        tty = stream.isatty() and env.get("TERM") != "dumb" and not env.get("CI")
        return cls(stream, tty=tty, colour=tty and not env.get("NO_COLOR"))

    def headline(self, title: str, days: str = "") -> None:
        """``▸ retail  2026-03-01 … 2026-06-25``."""
        self.show(f"▸ {title}  {days}".rstrip())

    def stage(self, label: str, text: str, seconds: float | None = None) -> None:
        """``· environment        .venv, 214 packages                      31 s``."""
        line = f"· {label:<18} {text}"
        if seconds is not None:
            line = f"{line:<70}  {duration(seconds)}"
        self.show(line.rstrip())

    def show(self, text: str) -> None:
        """Print the lines of ``text`` unchanged, above a running bar."""
        with self._lock:
            for line in text.split("\n"):
                self._rich.print(self._style(line), highlight=False)

    def note(self, text: str) -> None:
        """Print a line of information below the step."""
        self.show(f"    {text}")

    def step(self, name: str, tables: int) -> None:
        """Start a step with this number of tables; ends the step before."""
        with self._lock:
            self.step_done()
            self._step, self._total, self._since = name, tables, time.monotonic()
            self._running, self._done = [], []
            if self._tty:
                self._live = Live(
                    get_renderable=self._bar,
                    console=self._rich,
                    transient=True,
                    refresh_per_second=2,
                    redirect_stdout=False,
                    redirect_stderr=sys.stderr.isatty(),
                )
                self._live.start(refresh=True)
            else:
                self.show(step_text(name, tables))

    def started(self, table: str) -> None:
        """Show a table beside the bar while it is refreshed."""
        with self._lock:
            self._running.append(table)
            self._redraw()

    def done(self, outcome: RefreshOutcome) -> None:
        """Show a finished table as a line, or advance the bar."""
        with self._lock:
            if outcome.table in self._running:
                self._running.remove(outcome.table)
            self._done.append(outcome)
            if not self._tty or outcome.status == "failed" or outcome.reasons:
                self.show(table_text(outcome))
            for reason in outcome.reasons:
                self.show(f"      {reason}")
            for alert in outcome.alerts:
                self.show(f"    {outcome.table}: {alert}")
            self._redraw()

    def step_done(self) -> None:
        """End the step; on a terminal its totals replace the bar."""
        with self._lock:
            live, self._live = self._live, None
            if live is not None:
                live.stop()
                self.show(step_text(self._step, len(self._done), self._done))

    def end(self, outcomes: Sequence[RefreshOutcome]) -> None:
        """End the last step and print the errors to stderr, each with its hint."""
        self.step_done()
        errors = Console.of(sys.stderr)
        for outcome in outcomes:
            if outcome.error is not None:
                errors.show(str(outcome.error))

    def summary(self, lines: Iterable[tuple[str, str]], title: str = "") -> None:
        """End the last step and print a block of aligned labels and values."""
        with self._lock:
            self.step_done()
            if title:
                self.show(title)
            rows = list(lines)
            width = max((len(label) for label, _ in rows), default=0)
            for label, value in rows:
                self.show(f"  {label:<{width}}  {value}")

    def _redraw(self) -> None:
        if self._live is not None:
            self._live.refresh()

    def _bar(self) -> Text:
        """Called under rich's lock, also by its thread: taking our own lock here could deadlock."""
        line = bar_text(self._step, self._total, len(self._done), tuple(self._running))
        seconds = round(time.monotonic() - self._since)
        line = f"{line}  {duration(seconds)}" if seconds >= 10 else line
        return Text(as_ascii(line) if self._ascii else line, no_wrap=True, overflow="ellipsis")

    def _style(self, line: str) -> Text:
        """The line with its first mark in colour; rich omits the colours where they are off."""
        if self._ascii:
            return Text(as_ascii(line))
        text = Text(line)
        for mark, style in _STYLES.items():
            place = f" {line} ".find(f" {mark} ", 0, _MARK_WITHIN)
            if place >= 0:
                text.stylize(style, place, place + 1)
                break
        return text
