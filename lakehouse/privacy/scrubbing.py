"""Free text without what identifies or pays: simple patterns, native in Spark.

Names and postal addresses are beyond patterns and stay. The repetitions are bounded or possessive,
so that no text, however odd, makes a pattern slow.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

_HEX = "[0-9A-Fa-f]{1,4}"
_LOCAL = r"[\p{L}\p{N}._+'-]"  # and no '=', '/' or '?', so that the rest of a URL stays
_PATTERNS = (
    ("[email]", _LOCAL + r"{1,128}+(?:@|%40)[\p{L}\p{N}][\p{L}\p{N}.-]{0,253}"),
    ("[iban]", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}+\b"),
    ("[ip]", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]*\d)"),
    (
        "[ip]",
        rf"(?<![\w:])(?:(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{1,7}}:(?:{_HEX}(?::{_HEX}){{0,6}})?"
        rf"|::{_HEX}(?::{_HEX}){{0,6}})(?![\w:])",
    ),
    ("[card]", r"(?<![\d.])\d(?:[ -]?\d){12,18}(?!\d)"),
    ("[ssn]", r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)"),
    (
        "[phone]",
        r"(?<![\w.])(?!\d{4}-\d{2}-\d{2})(?:\+|00)?\(?\d{1,4}\)?(?:[ ./()x-]{0,3}\d){6,14}(?!\d)",
    ),
)


def scrubbed(text: Column) -> Column:
    """``text`` with addresses and numbers of persons replaced by ``[email]``, ``[card]`` and so on.

    NULL stays NULL. Order matters: the longer pattern takes its digits before the shorter one.
    """
    result = text.cast("string")
    # Most text holds no candidate: one cheap look spares it seven replacements.
    candidate = result.rlike("[0-9@]|::")
    for label, pattern in _PATTERNS:
        result = F.regexp_replace(result, pattern, label)
    return F.when(candidate, result).otherwise(text.cast("string"))
