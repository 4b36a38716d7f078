"""Keyed tokens: equal values get equal tokens, which cannot be guessed without the key.

    token(value, domain) = "k" + key_id + "_" + hex( first 160 bits of
                           HMAC-SHA256( HKDF(key, info=domain), canonical(value) ) )

    token(" Ann@Mail.Example ", "email") = "k5b2f0c1e_" and 40 hexadecimal digits

``canonical`` is the value as text without white space around it, lowercased in the domain
``email``. NULL and empty text have no token. Text is compared by code points, without Unicode
normalisation, which Spark does not have natively. This form is final: tokens of another form would
not join with stored ones.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F
from lakehouse.privacy.derivation import derive
from lakehouse.privacy.keys import Key

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

EMAIL_DOMAIN = "email"
"""The domain of e-mail addresses, which are lowercased and have a provider after '@'."""
_BLANKS = " \t\n\x0b\f\r"
_BLOCK = 64  # bytes; SHA-256's block, to which HMAC pads its key
_DIGITS = 40  # 160 bits: a collision among 10^12 values has a probability of 10^-24
_PREFIX = "_token_prefix"
_TOKEN = re.compile(rf"k[0-9a-f]{{8}}_[0-9a-f]{{{_DIGITS}}}")


def token(value: str | None, domain: str, key: Key) -> str | None:
    """The token of one value in plain Python: the reference for the Spark expression."""
    text = (value or "").strip(_BLANKS)
    if not text:
        return None
    if domain == EMAIL_DOMAIN:
        text = text.lower()
    # Half a surrogate pair becomes '?', as on the JVM; an error would quote it.
    digest = hmac.digest(derive(key, domain), text.encode("utf-8", "replace"), "sha256")
    return token_prefix(key) + digest.hex()[:_DIGITS]


def is_token(text: str) -> bool:
    """Whether the text has the form of a token, of any key."""
    return _TOKEN.fullmatch(text) is not None


def token_prefix(key: Key) -> str:
    """The prefix of each token of ``key``; it distinguishes tokens of different keys."""
    return f"k{derive(key, 'key id', 4).hex()}_"


def with_keys(df: DataFrame, domains: Sequence[str], key: Key, spark: SparkSession) -> DataFrame:
    """``df`` with columns for the two padded keys of each domain and for the token prefix.

    They come from a broadcast frame of one row instead of literals, which would be visible in plans
    and in the event log. ``token_of`` reads them; the caller must not select them.
    """
    if not domains:
        return df
    pads = [_pad(key, domain, byte) for domain in domains for byte in (0x36, 0x5C)]
    names = [name for domain in domains for name in _pad_names(domain)]
    schema = ", ".join(
        [f"{_PREFIX} binary not null", *(f"{name} binary not null" for name in names)]
    )
    row = spark.createDataFrame([(token_prefix(key).encode("ascii"), *pads)], schema)
    return df.join(F.broadcast(row), how="cross")


def token_of(value: Column, domain: str) -> Column:
    """The token of a column, for a frame from ``with_keys``; NULL stays NULL."""
    inner_pad, outer_pad = (F.col(name) for name in _pad_names(domain))
    text = canonical(value, domain)
    # Text is UTF-8 in Spark: a cast copies its bytes, where ``encode`` would decode them first.
    inner = F.unhex(F.sha2(F.concat(inner_pad, text.cast("binary")), 256))
    digest = F.sha2(F.concat(outer_pad, inner), 256)
    # As bytes: Spark would count the characters of text one by one.
    shortened = F.substring(digest.cast("binary"), 1, _DIGITS)
    return F.concat(F.col(_PREFIX), shortened).cast("string")


def canonical(value: Column, domain: str) -> Column:
    """The text that is hashed; NULL for NULL and for text that is empty or blank."""
    text = F.btrim(value.cast("string"), F.lit(_BLANKS))
    text = F.lower(text) if domain == EMAIL_DOMAIN else text
    return F.nullif(text, F.lit(""))


def _pad(key: Key, domain: str, byte: int) -> bytes:
    """The domain's key padded to a block and mixed with HMAC's inner or outer byte (RFC 2104)."""
    return bytes(part ^ byte for part in derive(key, domain).ljust(_BLOCK, b"\0"))


def _pad_names(domain: str) -> tuple[str, str]:
    return f"_inner_pad_{domain}", f"_outer_pad_{domain}"
