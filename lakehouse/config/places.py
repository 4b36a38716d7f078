"""Places as settings name them: a folder of this machine, or an address in some other storage.

Hadoop writes an address with one slash or more: ``file:/data``, ``file:///data``, ``hdfs:/data``
and ``s3a://bucket/data`` are all addresses. A single letter before the colon is a Windows drive.
"""

from __future__ import annotations

import re
from pathlib import Path

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):(.*)", re.DOTALL)
_LOCAL_AUTHORITY = re.compile(r"//(localhost)?(?=/)", re.IGNORECASE)


def local_path(place: str) -> Path | None:
    """The folder of this machine that ``place`` names, absolute; None for any other storage.

    ``file:/x``, ``file:///x`` and plain paths are local. As in Hadoop, ``%20`` stands for itself.
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


def is_local(place: str) -> bool:
    """Whether a place is a folder of this machine."""
    return local_path(place) is not None


def absolute(place: str) -> str:
    """A local folder as an absolute path without a scheme; any other address as it is."""
    path = local_path(place)
    return place if path is None else str(path)
