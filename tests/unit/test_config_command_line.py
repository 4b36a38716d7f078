"""A command in a message runs the same pipeline in the same environment."""

from __future__ import annotations

import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest

from lakehouse.cli.app import parse
from lakehouse.cli.options import changed_settings
from lakehouse.config.command_line import command
from lakehouse.config.settings import Settings, load_settings
from lakehouse.refresh.context import Run

MONDAY = date(2026, 3, 2)


def settings(**given: object) -> Settings:
    return Settings(**{"pipeline": "retail", "env": "dev", "conf_dir": Path("conf"), **given})


def test_the_defaults_are_left_out() -> None:
    assert command(settings(), "refine", "--date 2026-03-01", "--tables silver.a") == (
        "lakehouse refine --date 2026-03-01 --tables silver.a"
    )


@pytest.mark.parametrize("folder", ["conf", "other conf"])
def test_a_copied_command_is_understood_as_it_was_meant(folder: str) -> None:
    given = {"warehouse": "build/my house", "privacy_key": "${env:KEY}"}
    place = settings(pipeline="shop", env="test", conf_dir=Path(folder), given=given)
    text = command(place, "refine", "--date 2026-03-01", "--tables silver.a")
    params = parse(shlex.split(text)[1:]).params
    assert (params["pipeline"], params["env"]) == ("shop", "test")
    assert params["conf_dir"] == Path(folder)
    assert changed_settings(params) == given


def test_settings_remember_what_was_given(tmp_path: Path) -> None:
    (tmp_path / "dev.yml").write_text("threads: 2\n")
    read = load_settings(tmp_path, pipeline="shop", env="dev", changes={"landing": "x/{env}"})
    assert (read.given, read.landing) == ({"landing": "x/{env}"}, "x/dev")


def test_a_refresh_is_asked_for_again_as_it_was() -> None:
    run = Run("r", "refine", MONDAY, MONDAY, full_refresh=True, drop_orphans=True)
    assert f"{run.days_option()} {run.flags()}" == (
        "--date 2026-03-02 --full-refresh --drop-orphans"
    )
    assert Run("r", "refine", MONDAY, MONDAY + timedelta(days=1)).days_option() == (
        "--start 2026-03-02 --end 2026-03-03"
    )
    assert Run("r", "refine", MONDAY, MONDAY).flags() == ""
