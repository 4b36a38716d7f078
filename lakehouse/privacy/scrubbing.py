"""Scrub e-mail addresses and numbers from free text with regular expressions, native in Spark.

Names and postal addresses cannot be found by patterns and stay. Repetitions are bounded or
possessive, so that no text makes a pattern slow.

    "tlf.12345678, ann @ mail.example"   ->  "tlf.[phone], [email]"
    "paid 12.50 on 2026-01-31, v1.2.3"   ->  the same
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakehouse.config.late_spark import F

if TYPE_CHECKING:
    from pyspark.sql import Column

_HEX = "[0-9A-Fa-f]{1,4}"
_LOCAL = r"[\p{L}\p{N}._+'-]"  # without '=', '/' and '?', so that the rest of a URL stays
_HOST = r"[\p{L}\p{N}][\p{L}\p{N}.-]{0,253}"
# After an '@' between blanks only a name that ends in letters is a host: "3 @ 4.50" is a price.
_NAMED_HOST = r"(?:[\p{L}\p{N}-]{1,63}+\.){1,8}\p{L}{2,24}"
# A number may follow a letter, a full stop or '_' ("nr12345678", "tlf.12345678"), but does not
# begin inside another number or its decimals.
_START = r"(?<!\d)(?<!\d\.)"
_DATE = r"(?:19|20)\d\d-[01]\d-[0-3]\d(?!\d)"
_REPLACEMENTS = (
    # Blanks and dashes of office programs, such as the no-break space, become plain ones.
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
    """``text`` with addresses and numbers replaced by ``[email]``, ``[card]`` and so on.

    NULL stays NULL. In text with a digit or '@', special blanks and dashes become plain ones. The
    order of the patterns matters: longer numbers are matched first.
    """
    result = text.cast("string")
    # Most text has no candidate, and one cheap match spares it the replacements.
    candidate = result.rlike("[0-9@]|::")
    for replacement, pattern in _REPLACEMENTS:
        result = F.regexp_replace(result, pattern, replacement)
    return F.when(candidate, result).otherwise(text.cast("string"))
