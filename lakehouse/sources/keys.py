"""The key of a file: its path below the landing folder.

A file has the same key under ``/data/landing``, ``file:/data/landing`` and
``file:///data/landing``, and after the folder is moved or mounted elsewhere.
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


def without_local_scheme(address: str) -> str:
    """The address without the scheme ``file:``: ``file:///a`` and ``file:/a`` are ``/a``."""
    return _LOCAL.sub("", address)


def local_path(address: str) -> Path | None:
    """The path of a local file; None for an address of another file system."""
    path = without_local_scheme(address)
    return None if _ADDRESS.match(path) else Path(path)


def path_only(address: str) -> str:
    """The address without scheme and authority: ``s3a://bucket/a`` is ``/a``."""
    return address if address.startswith("/") else _ADDRESS.sub("", address)


def key_of(address: str, root: str) -> str:
    """The path relative to ``root`` (see ``root_of``); the full address where root is empty."""
    return path_only(address).removeprefix(root) if root else without_local_scheme(address)


def root_of(files: Sequence[SourceFile]) -> str:
    """The landing folder of listed files as a path with a final ``/``.

    It is empty where the keys are full addresses.
    """
    path, key = path_only(files[0].path), files[0].key
    return "" if key == without_local_scheme(files[0].path) else path.removesuffix(key)


def source_key(root: str) -> Column:
    """The key of the row's file, from Spark's file metadata, where paths are URL-encoded."""
    escaped = F.col("_metadata.file_path")
    # A plus would be decoded to a blank. Most paths need no decoding.
    decoded = F.url_decode(F.replace(escaped, F.lit("+"), F.lit("%2B")))
    path = F.when(escaped.contains("%"), decoded).otherwise(escaped)
    if not root:
        return F.regexp_replace(path, _LOCAL.pattern, "")
    local_root = f"file://{root}"
    # The usual form is compared as text, which costs less per row than a regular expression.
    return F.when(
        path.startswith(local_root), F.substring(path, len(local_root) + 1, _TO_THE_END)
    ).otherwise(
        F.substring(F.regexp_replace(path, _ADDRESS.pattern, ""), len(root) + 1, _TO_THE_END)
    )


_TO_THE_END = 2**31 - 1
