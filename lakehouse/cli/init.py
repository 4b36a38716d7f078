"""The command ``init``, which does not import Spark."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from lakehouse.cli.options import changed_settings
from lakehouse.config.settings import load_settings
from lakehouse.drafting.draft import draft_pipeline
from lakehouse.drafting.publish import publish, refuse_existing
from lakehouse.drafting.summary import summarize
from lakehouse.errors import UsageError
from lakehouse.privacy.policy import load_policy

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def init(params: Mapping[str, Any]) -> int:
    """Draft a pipeline for the files of a folder, write it, and print what to look at."""
    name, conf_dir, folder = params["name"], params["conf_dir"], params["folder"]
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"invalid pipeline name '{name}'",
            where="lakehouse init",
            hint="write lower-case letters, digits and '_', a letter first, such as my_shop",
        )
    if params["timezone"] not in zoneinfo.available_timezones():
        raise UsageError(
            f"invalid time zone '{params['timezone']}'",
            where="--timezone",
            hint="write it as Europe/Copenhagen",
        )
    settings = load_settings(
        conf_dir, pipeline=name, env=params["env"], changes=changed_settings(params)
    )
    refuse_existing(conf_dir, name)
    policy = load_policy(conf_dir / "privacy.yml")
    draft = draft_pipeline(name, folder, policy, timezone=params["timezone"])
    publish(draft, conf_dir, env=params["env"])
    print(summarize(draft, settings, folder))
    return 0
