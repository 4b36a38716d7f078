"""Invalid calls: exit code 2 with what is wrong, where and what to do, without Spark."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from lakehouse.cli.app import parse
from lakehouse.cli.main import main

AT = ["--date", "2026-03-01"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "lakehouse: missing step\n  one of ingest, refine,"),
        (["refnie", *AT], "lakehouse: unknown step 'refnie'; did you mean 'refine'?\n  one of "),
        (["--debgu"], "lakehouse: unknown option '--debgu'\n  lakehouse --help lists"),
        (["refine"], "lakehouse refine: missing --date (or --start and --end)\n  write --date"),
        (["refine", "--start", "2026-03-01"], "lakehouse refine: missing --date (or --start and"),
        (["refine", *AT, "--end", "2026-03-02"], "--date and --start/--end exclude each other"),
        (["refine", *AT, "--tabels", "x"],
         "lakehouse refine: unknown option '--tabels'; did you mean '--tables'?\n"
         "  lakehouse refine --help lists the options\n"),
        (["refine", *AT, "--full"], "unknown option '--full'"),
        (["refine", "--date"], "lakehouse refine: option '--date' requires an argument"),
        (["refine", *AT, "more"], "lakehouse refine: got unexpected extra argument (more)"),
        (["refine", "--date", "2026-3-1"], "--date: invalid date '2026-3-1'; write YYYY-MM-DD"),
        (["refine", "--date", "20260301"], "--date: invalid date '20260301'; write YYYY-MM-DD"),
        (["preview", "--rows", "0"], "--rows: '0' is not a positive whole number"),
        (["generate", "--seed", "x"], "--seed: 'x' is not a valid integer"),
        (["run", *AT, "--steps", "train"], "--steps: run has no step 'train'\n  steps: ingest,"),
        (["refine", *AT, "--log-level", "inf"], "--log-level: unknown value 'inf'; did you mean"),
        (["validate", "--set", "threads"], "--set: 'threads' is not KEY=VALUE"),
        (["validate", "--set", "warehous=x"], "unknown setting 'warehous'; did you mean 'wareh"),
    ],
)  # fmt: skip
def test_invalid_calls_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert message in capsys.readouterr().err


def test_options_are_parsed() -> None:
    words = ["run", "--start=2026-03-01", "--end", "2026-03-02", "--steps", "ingest, refine"]
    places = ["--set", "a=b=c", "--set", "d=", "--conf-dir", "x", "--full-refresh"]
    params = parse([*words, *places]).params
    assert (params["start"], params["end"]) == (date(2026, 3, 1), date(2026, 3, 2))
    assert params["steps"] == ["ingest", "refine"]
    assert params["settings"] == ("a=b=c", "d=")
    assert params["conf_dir"] == Path("x")
    assert (params["full_refresh"], params["dry_run"]) == (True, False)
    assert parse(["report"]).params["end"] == date.max


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["run", "--help"]])
def test_help_exits_with_0(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("Usage: lakehouse")


def test_help_imports_nothing_that_takes_long() -> None:
    heavy = ("pyspark", "pandas", "pydantic", "sqlglot", "rich")
    code = (
        "import sys; from lakehouse.cli.main import main; main(['--help']); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
