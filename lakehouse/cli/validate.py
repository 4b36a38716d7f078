"""The command ``validate``, which does not import Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakehouse.cli.options import changed_settings
from lakehouse.config.pipeline import pipeline_names
from lakehouse.errors import Mistakes
from lakehouse.steps import validate as step


def validate(params: Mapping[str, Any]) -> int:
    """Print one line per pipeline that was checked. Raises all mistakes at once."""
    conf_dir, changes = params["conf_dir"], changed_settings(params)
    names = pipeline_names(conf_dir) if params["all"] else []
    mistakes = Mistakes()
    for name in names or [params["pipeline"]]:
        with mistakes:
            print(step.run(conf_dir, name, env=params["env"], changes=changes))
    mistakes.raise_all()
    return 0
