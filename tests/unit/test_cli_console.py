"""Terminal output: aligned lines without a terminal, a progress bar with one."""

from __future__ import annotations

import io
import time
from threading import Thread

from lakehouse.cli.console import Console
from lakehouse.cli.console_text import step_text
from lakehouse.refresh.outcome import RefreshOutcome, skipped_outcome


def _lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_without_a_terminal_each_table_is_an_aligned_line() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.headline("retail", "2026-03-01 … 2026-06-25")
    console.step("refine", 3)
    console.started("silver.orders")
    console.done(
        RefreshOutcome("silver.orders", rows_written=412_190, rows_quarantined=322, seconds=3.14)
    )
    console.done(skipped_outcome("silver.stores", "nothing new"))
    console.done(RefreshOutcome("silver.web", "failed", message="silver.web: stopped", seconds=12))
    said = _lines(stream)
    assert said[:2] == ["▸ retail  2026-03-01 … 2026-06-25", "  refine     3 tables"]
    assert [line.index(mark) for line, mark in zip(said[2:], "✓·✗", strict=True)] == [39, 39, 39]
    assert "412,190 written · 322 quarantined" in said[2]
    assert said[2].endswith("3.1 s")
    assert len({len(line) for line in said[2:]}) == 1


def test_on_a_terminal_a_step_is_one_line_that_becomes_its_sum() -> None:
    stream = io.StringIO()
    console = Console(stream, tty=True)
    console.step("refine", 2)
    console.started("silver.orders")
    assert "░" * 24 + "  orders" in stream.getvalue()
    console.done(RefreshOutcome("silver.orders", rows_written=10))
    console.done(RefreshOutcome("silver.web", rows_written=5, rows_quarantined=1))
    console.step_done()
    assert stream.getvalue().split("\x1b[2K")[-1] == (
        "  refine     2 tables    15 written · 1 quarantined\n"
    )


def test_the_summary_of_a_step_says_what_failed_and_what_waits() -> None:
    done = [
        RefreshOutcome("silver.a", rows_written=10),
        RefreshOutcome("silver.b", "failed", rows_quarantined=2),
        skipped_outcome("silver.c", "waits for bronze.c"),
    ]
    assert step_text("refine", 3, done).endswith(
        "  10 written · 2 quarantined · 1 failed · 1 waiting"
    )
    assert step_text("refine", 1, done[2:]) == "  refine     1 table     1 waiting"
    assert step_text("refine", 1, [skipped_outcome("silver.d", "")]).endswith(
        "1 table     nothing new"
    )
    assert step_text("report", 0, []) == step_text("report", 0) == "  report"


def test_a_terminal_without_utf8_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console = Console(stream, tty=True, colour=True)
    console.step("refine", 1)
    console.show("silver.orders  ✗ amount_is_positive")
    stream.flush()
    assert b"x amount_is_positive" in raw.getvalue()
    assert b"." * 24 in raw.getvalue()


def test_colour_depends_on_the_environment() -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        stream = Terminal()
        Console.of(stream, env).show("silver.orders  ✗ amount_is_positive")
        assert ("\x1b[31m✗" in stream.getvalue()) is coloured


class Slow(io.StringIO):
    """A stream that lets other threads run between two characters."""

    def write(self, text: str) -> int:
        for character in text:
            super().write(character)
            time.sleep(0)
        return len(text)


def test_lines_of_several_threads_stay_whole() -> None:
    stream = Slow()
    console = Console(stream)
    console.step("refine", 40)

    def refresh(worker: int) -> None:
        for number in range(10):
            console.started(f"silver.t{worker}_{number}")
            console.done(RefreshOutcome(f"silver.t{worker}_{number}", rows_written=1, seconds=0.1))

    threads = [Thread(target=refresh, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = _lines(stream)[1:]
    assert len(said) == 40
    assert all(line.count("✓") == 1 and line.endswith("0.1 s") for line in said)


def test_a_summary_is_aligned() -> None:
    stream = io.StringIO()
    Console(stream).summary([("report", "a.html"), ("experiments", "mlflow ui")], "Done in 4 s.")
    assert _lines(stream) == ["Done in 4 s.", "  report       a.html", "  experiments  mlflow ui"]
