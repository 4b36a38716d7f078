"""The command `validate`: declarations alone, so that nothing of Spark is imported."""

from __future__ import annotations

import argparse

from lakehouse.cli.options import changed_settings
from lakehouse.config.pipeline import pipeline_names
from lakehouse.errors import Mistakes
from lakehouse.steps import validate as step


def validate(found: argparse.Namespace) -> int:
    """Say what was checked, a line a pipeline. Raises every mistake at once."""
    names = pipeline_names(found.conf_dir) if found.all else []
    mistakes = Mistakes()
    for name in names or [found.pipeline]:
        with mistakes:
            print(step.run(found.conf_dir, name, env=found.env, changes=changed_settings(found)))
    mistakes.raise_all()
    return 0
