"""The key of the tokens: resolved through a reference, never in the configuration or a message."""

from __future__ import annotations

import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from lakehouse.errors import DeclarationError, UsageError

MIN_BYTES = 32
"""The output size of SHA-256: a shorter key weakens HMAC-SHA256 (RFC 2104, section 3)."""
_REFERENCE = re.compile(r"\$\{(env|file):([^${}]+)\}")
_HINT = "make one: python -c 'import secrets; print(secrets.token_hex(32))'"


@dataclass(frozen=True)
class Key:
    """Key material; neither ``repr`` nor ``str`` shows it."""

    material: bytes = field(repr=False)

    def __str__(self) -> str:
        return "Key(hidden)"


def resolve_key(reference: str | None, *, where: str) -> Key:
    """The key behind ``${env:NAME}`` or ``${file:PATH}``: the UTF-8 bytes of the stripped text.

    Raises DeclarationError for a key that is written out instead of referenced; UsageError for a
    missing variable or file, for less than 32 bytes, and for a file that others may read.
    """
    if not reference:
        raise UsageError(
            "no key for the tokens: the setting privacy_key is missing",
            where=where,
            hint="set privacy_key to ${env:NAME} or ${file:PATH}",
        )
    source, name = check_reference(reference, where=where)
    text = _from_env(name, where) if source == "env" else _from_file(Path(name), where)
    try:
        material = text.strip().encode("utf-8")
    except UnicodeEncodeError:  # its message quotes the text
        raise UsageError(
            "the key is not text in UTF-8: the bytes behind privacy_key cannot be read as such",
            where=where,
            hint=_HINT,
        ) from None
    if len(material) < MIN_BYTES:
        raise UsageError(
            f"the key behind ${{{source}:…}} is too short: {len(material)} bytes, "
            f"at least {MIN_BYTES} are needed",
            where=where,
            hint=_HINT,
        )
    return Key(material)


def check_reference(reference: str, *, where: str) -> tuple[str, str]:
    """``env`` or ``file``, and the name. Raises DeclarationError for a key that is written out."""
    match = _REFERENCE.fullmatch(reference.strip())
    if match is None:
        raise DeclarationError(
            "privacy_key is not a reference; a key is never written into the configuration",
            where=where,
            hint="write ${env:NAME} or ${file:PATH}, and keep the key itself out of the repository",
        )
    return match.group(1), match.group(2)


def write_dev_key(path: Path) -> Path:
    """Write a random key to ``path``, with mode 600; an existing file is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
    return path


def _from_env(name: str, where: str) -> str:
    text = os.environ.get(name, "")
    if not text.strip():
        variable = f"variable {name}" if _may_be_shown(name) else "variable of that name"
        raise UsageError(
            f"the environment {variable} is not set, and privacy_key refers to it",
            where=where,
            hint=_HINT,
        )
    return text


def _from_file(path: Path, where: str) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise UsageError(
                f"the key file {path} can be read by others than its owner",
                where=where,
                hint=f"chmod 600 {path}",
            )
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        message = (
            f"the key file {path} does not exist"
            if _may_be_shown(str(path))
            else "the key file that privacy_key refers to does not exist"
        )
        raise UsageError(message, where=where, hint=_HINT) from None
    except (OSError, ValueError):  # an impossible file name, or bytes that are not text
        raise UsageError(
            "the key file of privacy_key cannot be read as text", where=where, hint=_HINT
        ) from None


def _may_be_shown(name: str) -> bool:
    """Whether a name may be shown; it must not if it may be a key written as ``${env:KEY}``.

    A name is safe if it is too short for a key, or a path into an existing folder.
    """
    path = Path(name)
    return len(name.encode("utf-8", "replace")) < MIN_BYTES or (
        len(path.parts) > 1 and path.parent != Path("/") and path.parent.is_dir()
    )
