"""The address behind the setting ``alert_webhook``, which may be a secret: no message shows it."""

from __future__ import annotations

import os
from pathlib import Path

from lakehouse.config.webhook import ADDRESS_HINT, is_address, reference_of
from lakehouse.errors import UsageError


def resolve_address(setting: str) -> str:
    """The address itself, or what ``${env:NAME}`` or ``${file:PATH}`` refers to.

    Raises UsageError for a variable or a file that does not exist, and for text that is not an
    HTTP address.
    """
    reference = reference_of(setting)
    text = setting if reference is None else _read(*reference)
    if not is_address(text):
        raise UsageError(
            "alert_webhook does not refer to an address that begins with https:// or http://",
            hint=ADDRESS_HINT,
        )
    return text.strip()


def _read(source: str, name: str) -> str:
    if source == "env":
        text = os.environ.get(name, "")
        if not text.strip():
            raise UsageError(
                f"the environment variable {name} is not set, and alert_webhook refers to it",
                hint=ADDRESS_HINT,
            )
        return text
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise UsageError(
            f"the file {name} cannot be read as text, and alert_webhook refers to it",
            hint=ADDRESS_HINT,
        ) from None
