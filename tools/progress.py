"""One line per step: its name, its result and its duration."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, STDOUT, run

NAME_WIDTH, TEXT_WIDTH = 18, 56


class SetupFailed(Exception):
    """The set-up failed; the message says why and what to do."""


class Line:
    """The line of a running step; ``text`` describes its state or result."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text
        self._started = time.monotonic()
        self._done = threading.Event()

    def render(self) -> str:
        """The line with the seconds so far."""
        seconds = f"{time.monotonic() - self._started:.0f} s"
        return f"· {self.name:<{NAME_WIDTH}} {self.text:<{TEXT_WIDTH}} {seconds:>6}"

    def tick(self) -> None:
        """Redraw until the step is done; for a terminal."""
        while not self._done.wait(0.5):
            sys.stdout.write(f"\r{self.render()}")
            sys.stdout.flush()

    def finish(self) -> None:
        """Stop redrawing."""
        self._done.set()


@contextmanager
def step(name: str, text: str) -> Iterator[Line]:
    """Show a step while it runs: a ticking line on a terminal, else one line at its end."""
    line = Line(name, text)
    live = sys.stdout.isatty()
    ticker = threading.Thread(target=line.tick, daemon=True)
    if live:
        ticker.start()
    try:
        yield line
    except BaseException:
        line.text += ": failed"
        raise
    finally:
        line.finish()
        if live:
            ticker.join()
        print(f"\r{line.render()}" if live else line.render(), flush=True)


def run_logged(command: list[str], *, log: Path, env: Mapping[str, str], advice: str) -> None:
    """Run a command with its output in ``log``.

    Raises SetupFailed with the last lines of its output and ``advice``.
    """
    with log.open("ab") as out:
        out.write(f"\n$ {' '.join(command)}\n".encode())
        out.flush()
        done = run(command, stdin=DEVNULL, stdout=out, stderr=STDOUT, env=env, check=False)
    if done.returncode:
        tail = log.read_text(errors="replace").splitlines()[-12:]
        raise SetupFailed("\n".join([*(f"    {row}" for row in tail), advice, f"All of it: {log}"]))
