"""The encoding of a text file, from its first bytes."""

from __future__ import annotations

import codecs
import contextlib
import re
from typing import NamedTuple

from lakehouse.drafting.file_samples import Beginning

_CONTROL = re.compile("[\x80-\x9f]")
_BOMS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


class Text(NamedTuple):
    """Decoded text; ``encoding`` is None for UTF-8. Without the beginning of a cut last line."""

    text: str
    encoding: str | None


def decode(start: Beginning) -> Text | None:
    """UTF-8 or UTF-16 with a byte order mark, UTF-8, else a single-byte encoding of Western Europe.

    None for binary content.
    """
    content = start.content
    if content.startswith(codecs.BOM_UTF8):
        content = content.removeprefix(codecs.BOM_UTF8)
    wide = next((name for mark, name in _BOMS.items() if content.startswith(mark)), None)
    if wide is not None:
        text = codecs.getincrementaldecoder("utf-16")("replace").decode(content)
        return Text(_whole_lines(text, start), wide)
    if b"\0" in content:
        return None
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content, final=start.is_whole)
    except UnicodeDecodeError:
        return _single_byte(content, start)
    return Text(_whole_lines(text, start), None)


def _single_byte(content: bytes, start: Beginning) -> Text:
    """windows-1252 where there are its dashes, quotes and signs, else ISO-8859-1."""
    text, encoding = content.decode("iso-8859-1"), "ISO-8859-1"
    if _CONTROL.search(text):
        with contextlib.suppress(UnicodeDecodeError):
            text, encoding = content.decode("windows-1252"), "windows-1252"
    return Text(_whole_lines(text, start), encoding)


def _whole_lines(text: str, start: Beginning) -> str:
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text if start.is_whole or end < 0 else text[: end + 1]
