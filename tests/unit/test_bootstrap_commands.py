"""The jobs and the targets of make are thin and complete."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from subprocess import run

import pytest
import yaml

from lakehouse.cli import main as cli
from lakehouse.steps.registry import STEPS
from tools import environment

TARGETS = {
    "help",
    "setup",
    "demo",
    "test",
    "test-fast",
    "soak",
    "lint",
    "bench",
    "docs",
    "lock",
    "clean",
}
JOBS = environment.ROOT / "jobs"


def test_each_step_has_a_job_and_each_job_is_a_step() -> None:
    assert {job.stem for job in JOBS.glob("*.py")} == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_a_job_is_the_step_of_its_name(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def main(arguments: list[str]) -> int:
        calls.append(arguments)
        return 1

    monkeypatch.setattr(cli, "main", main)
    monkeypatch.setattr(sys, "argv", [f"jobs/{step}.py", "--date", "2026-06-27"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(JOBS / f"{step}.py"), run_name="__main__")

    assert ended.value.code == 1
    assert calls == [[step, "--date", "2026-06-27"]]


def test_help_is_what_make_does_first_and_lists_the_targets() -> None:
    command = ["make", "--no-print-directory", "-C", str(environment.ROOT)]
    shown = run(command, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in shown.splitlines()} == TARGETS


def test_ci_runs_lint_before_the_tests() -> None:
    lines = (environment.ROOT / ".ci" / "run").read_text().splitlines()
    targets = [line.split()[1] for line in lines if line.startswith("make ")]
    assert targets == ["lint", "test"]


def test_the_bundle_names_no_place() -> None:
    text = (environment.ROOT / "databricks.yml").read_text()
    jobs = yaml.safe_load(text)["resources"]["jobs"]
    tasks = [task for job in jobs.values() for task in job["tasks"]]

    assert {task["python_wheel_task"]["parameters"][0] for task in tasks} == {"run", "train"}
    assert "://" not in text


def test_a_secret_is_never_committed(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text((environment.ROOT / ".gitignore").read_text())
    run(["git", "init", "--quiet", str(tmp_path)], check=True)
    asked = ["conf/dev.key", ".env", "build/dev/x", ".venv/bin/python", "conf/base.yml"]
    command = ["git", "-C", str(tmp_path), "check-ignore", *asked]

    ignored = run(command, capture_output=True, text=True, check=True).stdout.split()

    assert ignored == asked[:-1]
