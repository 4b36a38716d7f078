"""Compressed files: Spark unpacks them by the suffix of their name; so are beginnings here."""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable


def unpack(key: str, start: bytes) -> bytes | None:
    """The beginning of a file's content, from the beginning of the file; None where it is damaged.

    Files without a known suffix are returned as they are.
    """
    unpack_start = _UNPACK.get(key.rpartition(".")[2].lower())
    if unpack_start is None:
        return start
    try:
        return unpack_start(start)
    except (OSError, zlib.error):
        return None


def _zstandard(start: bytes) -> bytes:
    """As much of the content as ``start`` holds: blocks until the first that is cut."""
    import pyarrow as pa  # Declarations are checked without it.

    content = bytearray()
    with pa.CompressedInputStream(pa.BufferReader(start), "zstd") as stream:
        try:
            while part := stream.read(_PART):
                content += part
        except OSError:
            if not content:
                raise
    return bytes(content)


_PART = 1024
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda start: zlib.decompressobj(wbits=31).decompress(start),
    "deflate": lambda start: zlib.decompressobj().decompress(start),
    "bz2": lambda start: bz2.BZ2Decompressor().decompress(start),
    "zst": _zstandard,
}
SUFFIXES = tuple(_UNPACK)
"""The suffixes of compressed files, in lower case."""
