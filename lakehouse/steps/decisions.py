"""Who decides on a champion: the signature of a run's decisions."""

from __future__ import annotations

import getpass
from datetime import datetime

from lakehouse.refresh.context import RunContext
from lakehouse.refresh.promotions import Signature


def sign(context: RunContext, at: datetime) -> Signature:
    """The signature of a decision made by this run."""
    return Signature(context.run.run_id, context.pipeline.name, _login_name(), at)


def _login_name() -> str:
    """The login name of the environment; empty where it is not known, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
