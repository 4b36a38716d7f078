"""Commands for messages; copied into a shell, they run on the same pipeline and environment."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lakehouse.config.settings import Settings

DEFAULTS = {"--pipeline": "retail", "--env": "dev", "--conf-dir": "conf"}
"""The defaults of the options that locate a pipeline."""


def place_options(settings: Settings) -> list[str]:
    """``--pipeline``, ``--env`` and ``--conf-dir`` where they differ from the defaults, and every
    ``--set``."""
    place = {
        "--pipeline": settings.pipeline,
        "--env": settings.env,
        "--conf-dir": str(Path(settings.conf_dir)),
    }
    options = [(name, value) for name, value in place.items() if value != DEFAULTS[name]]
    options += [("--set", f"{key}={value}") for key, value in settings.given.items()]
    return [f"{name} {shlex.quote(value)}" for name, value in options]


def command(settings: Settings, step: str, *options: str) -> str:
    """``lakehouse STEP OPTIONS`` for the pipeline and environment of ``settings``.

    The first option comes before those that locate the pipeline, the others after them.
    """
    words = [f"lakehouse {step}", *options[:1], *place_options(settings), *options[1:]]
    return " ".join(word for word in words if word)
