"""Locations in the settings: a local folder, or an address in other storage.

Hadoop writes an address with one slash or more: ``file:/data``, ``file:///data``, ``hdfs:/data``
and ``s3a://bucket/data`` are all addresses. A single letter before the colon is a Windows drive.
"""

from __future__ import annotations

import re
from pathlib import Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_LOCAL_AUTHORITY = re.compile(r"//(localhost)?(?=/)", re.IGNORECASE)


def local_path(place: str) -> Path | None:
    """The local folder that ``place`` names, as an absolute path; None for other storage.

    ``file:/x``, ``file:///x`` and plain paths are local. As in Hadoop, ``%20`` is not decoded.
    """
    match = _SCHEME.fullmatch(place)
    if match is None:
        return Path(place).resolve()
    scheme, rest = match.groups()
    if scheme.lower() != "file":
        return None
    path = _LOCAL_AUTHORITY.sub("", rest, count=1) if rest.startswith("//") else rest
    if path.startswith("//"):
        return None
    return Path(path).resolve()


def absolute(place: str) -> str:
    """A local folder as an absolute path without a scheme; any other address as it is."""
    path = local_path(place)
    return place if path is None else str(path)
