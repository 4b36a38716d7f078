"""The name by which a file is known: its path below the landing folder.

The same file has the same key under ``/data/landing``, ``file:/data/landing``, ``file:///data/landing``
and after the folder was moved or mounted elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F

if TYPE_CHECKING:
    from pyspark.sql import Column

    from lakehouse.sources.listing import SourceFile

_LOCAL = re.compile(r"^file:(//[^/]*)?")
_ADDRESS = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:(//[^/]*)?")


def plain(address: str) -> str:
    """The address without the local disk's scheme: ``file:///a`` and ``file:/a`` are ``/a``."""
    return _LOCAL.sub("", address)


def local_path(address: str) -> Path | None:
    """The path on this machine's disk; None for an address of another file system."""
    path = plain(address)
    return None if _ADDRESS.match(path) else Path(path)


def bare(address: str) -> str:
    """The address without scheme and authority: ``s3a://bucket/a`` is ``/a``."""
    return _ADDRESS.sub("", address)


def key_of(address: str, root: str) -> str:
    """What stands behind ``root`` (see ``root_of``); with no root the full address."""
    return bare(address).removeprefix(root) if root else plain(address)


def root_of(files: Sequence[SourceFile]) -> str:
    """The landing folder of a listing's files, bare and with a closing ``/``; "" for none."""
    path, key = bare(files[0].path), files[0].key
    return "" if key == plain(files[0].path) else path.removesuffix(key)


def source_key(root: str) -> Column:
    """The key of the row's file, from Spark's metadata, where names are escaped as in a URL."""
    escaped = F.col("_metadata.file_path")
    # A plus would be decoded to a blank; and most paths hold nothing to decode.
    decoded = F.url_decode(F.replace(escaped, F.lit("+"), F.lit("%2B")))
    path = F.when(escaped.contains("%"), decoded).otherwise(escaped)
    if not root:
        return F.regexp_replace(path, _LOCAL.pattern, "")
    near = f"file://{root}"
    # The usual form is compared as text: a regular expression for each row costs more.
    return F.when(path.startswith(near), F.substring(path, len(near) + 1, _LONG)).otherwise(
        F.substring(F.regexp_replace(path, _ADDRESS.pattern, ""), len(root) + 1, _LONG)
    )


_LONG = 2**31 - 1
