"""Set-up runs each step once per state, and says why a step failed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import environment, setup
from tools.progress import Line, SetupFailed, run_logged


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An environment without stamps, and the names of the steps done in it."""
    (tmp_path / "python").touch()
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(setup, "STAMP", tmp_path / "setup.json")
    return []


def test_a_step_is_done_once_for_a_state(done: list[str]) -> None:
    for state in ("a", "a", "b", "b"):
        setup.once("jars", "fetching", state, lambda line: done.append(line.name))

    assert done == ["jars", "jars"]


def test_a_step_that_failed_is_done_again(done: list[str]) -> None:
    def fail(line: Line) -> None:
        raise SetupFailed("no network")

    with pytest.raises(SetupFailed, match="no network"):
        setup.once("jars", "fetching", "a", fail)
    setup.once("jars", "fetching", "a", lambda line: done.append(line.name))

    assert done == ["jars"]


def test_stamps_of_a_deleted_environment_do_not_count(done: list[str]) -> None:
    setup.once("jars", "fetching", "a", lambda line: done.append(line.name))
    environment.PYTHON.unlink()
    setup.once("jars", "fetching", "a", lambda line: done.append(line.name))

    assert done == ["jars", "jars"]


def test_a_finished_step_is_one_line(done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    def work(line: Line) -> None:
        line.text = "Delta 4.4.0"

    setup.once("jars", "fetching", "a", work)

    assert capsys.readouterr().out == f"· {'jars':<18} {'Delta 4.4.0':<56} {'0 s':>6}\n"


def test_a_command_that_fails_shows_its_end(tmp_path: Path) -> None:
    command = ["sh", "-c", "seq 100; echo no route >&2; exit 1"]

    with pytest.raises(SetupFailed) as failure:
        run_logged(command, log=tmp_path / "log", env=os.environ, advice="Is the index there?")

    lines = str(failure.value).splitlines()
    assert lines[0] == "    90"
    assert lines[-3:] == ["    no route", "Is the index there?", f"All of it: {tmp_path / 'log'}"]
