"""Key derivation: HKDF with SHA-256 (RFC 5869), one derived key per purpose."""

from __future__ import annotations

import hmac

from lakehouse.privacy.keys import Key

_SIZE = 32  # bytes of a SHA-256 digest
_SALT = b"medallion-lakehouse tokens v1"  # the library and the version of the scheme


def derive(key: Key, info: str, length: int = _SIZE) -> bytes:
    """``length`` bytes for the purpose ``info``; they reveal neither the key nor other outputs.

    A token domain is its own ``info``; every other purpose contains a space, which no domain does.
    """
    return expand(extract(_SALT, key.material), info.encode("utf-8"), length)


def extract(salt: bytes, material: bytes) -> bytes:
    """HKDF-Extract (RFC 5869, section 2.2): key material of any length as 32 uniform bytes."""
    return hmac.digest(salt, material, "sha256")


def expand(pseudorandom: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869, section 2.3): ``length`` bytes for one purpose, at most 255 * 32."""
    blocks, block = b"", b""
    for counter in range(1, -(-length // _SIZE) + 1):
        block = hmac.digest(pseudorandom, block + info + bytes([counter]), "sha256")
        blocks += block
    return blocks[:length]
