"""Clean the text of a field before it is cast: ``trim``, ``nulls``, ``pattern`` and ``pad``.

declared                                             text         value
{trim: true, nulls: ["-"]}                           " - "        NULL
{pattern: "^([0-9]{4}) ", pad: {length: 5}}          "1050 Oslo"  01050
{pattern: "^([0-9]{4}) "}                            "Oslo"       NULL, and the text is rescued
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from lakehouse.config import column as declared


def present_text(text: Column, column: declared.Column) -> Column:
    """The text after ``trim``; NULL where it is one of ``nulls``. What is left has to give a value,
    or else it is rescued."""
    if column.trim:
        text = F.nullif(F.btrim(text, F.lit(" \t\r\n\u00a0")), F.lit(""))
    if column.nulls:
        text = F.when(~text.isin(column.nulls), text)
    return text


def cleaned_text(text: Column, column: declared.Column) -> Column:
    """The text to cast, from ``present_text``; NULL where the pattern does not occur in it."""
    if column.pattern:
        # A group that matched an empty text gives no value.
        found = F.regexp_extract(text, column.pattern, 1)
        text = F.when(text.rlike(column.pattern) & (found != ""), found)
    if column.pad:
        length, fill = column.pad.length, column.pad.fill
        text = F.when(F.length(text) < length, F.lpad(text, length, fill)).otherwise(text)
    return text
