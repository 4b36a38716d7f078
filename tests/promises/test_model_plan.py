"""The plan names the days that a model needs; the commands that it names are enough."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import club as c
import pytest
from club import DAYS
from pyspark.sql import SparkSession
from till import command

pytestmark = pytest.mark.usefixtures("privacy_key")
END = str(DAYS[-1])


def test_the_commands_of_a_plan_lead_to_a_training_and_to_scores(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    till, club = c.declare(tmp_path), c.random_club(60)
    c.land(till, club)

    def plan() -> str:
        capsys.readouterr()
        assert command(till, spark, "plan", "--date", END) == 0
        return capsys.readouterr().out.rpartition("model comes")[2]

    def follow(shown: str) -> list[str]:
        commands = re.findall(r"lakehouse ((?:features|train|score) .*)", shown)
        for text in commands:
            words = [word for word in shlex.split(text) if word not in ("--pipeline", "tiny")]
            words = [word for word in words if word not in ("--env", "test")]
            assert command(till, spark, *_without(words, "--conf-dir")) == 0
        return [text.split()[0] for text in commands]

    for step in ("ingest", "refine"):
        assert command(till, spark, step, "--start", str(DAYS[0]), "--end", END) == 0
    first = plan()
    assert f"labels   of days up to {DAYS[8]} are known by {END}; none made yet" in first
    assert f"needs {DAYS[7]} and {DAYS[8]} to test on, and days up to {DAYS[4]} to train" in first
    assert f"scores   wait for features of {END}" in first
    assert follow(first) == ["features", "features"]
    second = plan()
    assert "made for 2026-03-06 to 2026-03-10" in second
    assert follow(second) == ["train"]
    assert command(till, spark, "features", "--date", END) == 0
    third = plan()
    assert f"scores   are due for {END}" in third
    assert follow(third[third.index("  scores") :]) == ["score"]
    assert f"scores   of {END} are there" in plan()


def test_a_plan_names_the_days_of_forward_folds(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    till = c.declare(tmp_path)
    till.declare("model.yml", f"{c.MODEL}training: {{folds: forward}}\n")
    c.land(till, c.random_club(5))
    for step in ("ingest", "refine"):
        assert command(till, spark, step, "--start", str(DAYS[0]), "--end", END) == 0
    capsys.readouterr()
    assert command(till, spark, "plan", "--date", END) == 0
    shown = capsys.readouterr().out
    assert f"days up to {DAYS[4]} to train on" in shown
    assert f"such as {DAYS[0]} and {DAYS[3]} before it, for forward folds" in shown
    assert f"lacks    features of 5 days from {DAYS[0]} to {DAYS[8]}" in shown


def _without(words: list[str], option: str) -> list[str]:
    if option not in words:
        return words
    place = words.index(option)
    return words[:place] + words[place + 2 :]
