"""Free text without what identifies or pays: simple patterns, native in Spark.

Names and postal addresses are beyond patterns and stay. The repetitions are bounded or possessive,
so that no text, however odd, makes a pattern slow.

    "tlf.12345678, ann @ mail.example"   ->  "tlf.[phone], [email]"
    "paid 12.50 on 2026-01-31, v1.2.3"   ->  the same
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F

if TYPE_CHECKING:
    from pyspark.sql import Column

_HEX = "[0-9A-Fa-f]{1,4}"
_LOCAL = r"[\p{L}\p{N}._+'-]"  # and no '=', '/' or '?', so that the rest of a URL stays
_HOST = r"[\p{L}\p{N}][\p{L}\p{N}.-]{0,253}"
# Beside a free-standing '@' only a name that ends in letters is a host: "3 @ 4.50" is a price.
_NAMED_HOST = r"(?:[\p{L}\p{N}-]{1,63}+\.){1,8}\p{L}{2,24}"
# A number begins behind a letter, a stop or '_' ("nr12345678", "tlf.12345678"), but neither
# within a number nor in the decimals of one.
_START = r"(?<!\d)(?<!\d\.)"
_DATE = r"(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
_REPLACEMENTS = (
    # What is typed or pasted from an office program stands as well as what a keyboard has.
    (" ", r"[\x{a0}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"),
    ("-", r"[\x{2010}-\x{2015}\x{2212}]"),
    ("[email]", rf"{_LOCAL}{{1,128}}+(?:(?:@|%40){_HOST}|\s{{0,2}}@\s{{0,2}}{_NAMED_HOST})"),
    ("[iban]", r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}+\b"),
    ("[ip]", _START + r"(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)"),
    (
        "[ip]",
        rf"(?<![\w:])(?:(?:{_HEX}:){{7}}{_HEX}|(?:{_HEX}:){{1,7}}:(?:{_HEX}(?::{_HEX}){{0,6}})?"
        rf"|::{_HEX}(?::{_HEX}){{0,6}})(?![\w:])",
    ),
    ("[card]", _START + r"\d(?:[ _-]?\d){12,18}(?!\d)"),
    ("[ssn]", r"(?<!\d)\d{3}[- _]\d{2}[- _]\d{4}(?!\d)"),
    (
        "[phone]",
        rf"{_START}(?!\(?{_DATE})(?:\+|00)?\(?\d{{1,4}}\)?(?:[ ./()x_-]{{0,3}}\d){{6,14}}(?!\d)",
    ),
)


def scrub(text: Column) -> Column:
    """``text`` with addresses and numbers of persons replaced by ``[email]``, ``[card]`` and so on.

    NULL stays NULL. Where a digit or '@' stands, blanks and dashes of other widths become plain
    ones. Order matters: the longer pattern takes its digits before the shorter one.
    """
    result = text.cast("string")
    # Most text holds no candidate: one cheap look spares it the replacements.
    candidate = result.rlike("[0-9@]|::")
    for replacement, pattern in _REPLACEMENTS:
        result = F.regexp_replace(result, pattern, replacement)
    return F.when(candidate, result).otherwise(text.cast("string"))
