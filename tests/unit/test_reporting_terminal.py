"""The terminal: aligned lines without a terminal, a bar in place with one."""

from __future__ import annotations

import io
import time
from threading import Thread

from lakehouse.reporting.terminal import Console, TableLine


def _lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().replace("\N{NO-BREAK SPACE}", " ").splitlines()


def test_without_a_terminal_each_table_is_an_aligned_line() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.headline("retail", "2026-03-01 … 2026-06-25")
    console.step("refine", 3)
    console.table_started("silver.orders")
    console.table_done(TableLine("silver.orders", "passed", 412_190, 322, 0, 3.14))
    console.table_done(TableLine("silver.stores", "skipped", message="nothing new", seconds=0.3))
    console.table_done(TableLine("silver.web", "failed", message="silver.web: stopped", seconds=12))
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
    console.table_started("silver.orders")
    assert "░" * 24 + "  orders" in stream.getvalue()
    console.table_done(TableLine("silver.orders", rows_written=10))
    console.table_done(TableLine("silver.web", rows_written=5, rows_quarantined=1))
    console.step_done()
    assert stream.getvalue().split("\r\x1b[2K")[-1] == (
        "  refine     2 tables    15 written · 1 quarantined\n"
    )


def test_a_terminal_without_utf8_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    console = Console(stream, tty=True, colour=True)
    console.step("refine", 1)
    console.error("silver.orders  ✗ amount_is_positive")
    stream.flush()
    assert b"x amount_is_positive" in raw.getvalue()
    assert b"." * 24 in raw.getvalue()


def test_colour_is_asked_of_the_environment() -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        stream = Terminal()
        Console.of(stream, env).error("silver.orders  ✗ amount_is_positive")
        assert ("\x1b[31m✗" in stream.getvalue()) is coloured


class Slow(io.StringIO):
    """Lets other threads in between two characters."""

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
            console.table_started(f"silver.t{worker}_{number}")
            console.table_done(TableLine(f"silver.t{worker}_{number}", rows_written=1, seconds=0.1))

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
