"""A step is one entry in the registry: the command line and ``run`` follow it."""

from __future__ import annotations

import sys
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from lakehouse.cli import commands
from lakehouse.cli.app import parse
from lakehouse.cli.main import main
from lakehouse.errors import UsageError
from lakehouse.steps import execute as execution
from lakehouse.steps.opening import new_run
from lakehouse.steps.registry import STEPS, run_steps
from lakehouse.steps.step import Option, Request, Result, Step

CONTEXT = SimpleNamespace(run=new_run("archive", date.max, date.max))


@pytest.fixture
def archived(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests of a registered step ``archive`` from a separate module."""
    requests: list[Request] = []
    module = ModuleType("archiving")

    def run(context: Any, request: Request, progress: Any) -> Result:
        requests.append(request)
        return Result()

    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "archiving", module)
    step = Step(
        "archive",
        "old rows into cold storage",
        "archiving:run",
        needs_days=False,
        writes=False,
        options=(Option("--keep-days", "days that stay", "count", 30),),
    )
    monkeypatch.setitem(STEPS, "archive", step)
    return requests


def test_a_registered_step_is_a_command(
    archived: list[Request], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "open_context", lambda **_: CONTEXT)
    assert main(["archive", "--keep-days", "7"]) == 0
    assert main(["archive"]) == 0
    assert [dict(request.options) for request in archived] == [{"keep_days": 7}, {"keep_days": 30}]
    assert main(["--help"]) == 0
    assert "old rows into cold storage" in capsys.readouterr().out
    assert main(["archive", "--keep-dyas", "7"]) == 2
    assert "did you mean '--keep-days'?" in capsys.readouterr().err
    assert main(["archve"]) == 2
    assert "unknown step 'archve'; did you mean 'archive'?" in capsys.readouterr().err


def test_a_step_belongs_to_run_if_its_entry_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEPS, "publish", Step("publish", "to readers", "x:run", in_run=True))
    assert run_steps()[-1] == "publish"
    context = parse(["run", "--date", "2026-03-01", "--steps", "aggregate,publish"])
    assert context.params["steps"] == ["aggregate", "publish"]


def test_the_steps_of_run() -> None:
    assert run_steps() == [
        "ingest",
        "refine",
        "aggregate",
        "features",
        "score",
        "monitor",
        "report",
    ]


def test_an_unknown_step_in_python_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="unknown step 'refnie'; did you mean 'refine'"):
        execution.execute(None, "refnie", Request(), None)  # type: ignore[arg-type]


def test_each_function_of_the_registry_is_there() -> None:
    from importlib import import_module

    places = [step.function for step in STEPS.values()]
    places += [step.check for step in STEPS.values() if step.check]
    for place in places:
        module, _, name = place.partition(":")
        assert callable(getattr(import_module(module), name))
