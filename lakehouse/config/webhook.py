"""The setting ``alert_webhook``: an address, or a reference to one that is secret."""

from __future__ import annotations

import re

_REFERENCE = re.compile(r"\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^${}]+)\}")
_ADDRESS = re.compile(r"https?://[^\s/@]+(/\S*)?")
ADDRESS_HINT = (
    "write ${env:NAME} or ${file:PATH}, or an address that begins with https:// or http://"
)


def is_reference(value: str) -> bool:
    """Whether the value is ``${env:NAME}`` or ``${file:PATH}``."""
    return _REFERENCE.fullmatch(value.strip()) is not None


def reference_of(value: str) -> tuple[str, str] | None:
    """``env`` or ``file``, and the name; None for an address."""
    match = _REFERENCE.fullmatch(value.strip())
    if match is None:
        return None
    source, _, name = match.group(1).partition(":")
    return source, name


def is_address(value: str) -> bool:
    """Whether the value is an HTTP address, without a user name or a password."""
    return _ADDRESS.fullmatch(value.strip()) is not None
