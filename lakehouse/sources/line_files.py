"""Files of lines without separators: of fixed width, and text with a regular expression.

fixed_width  id {position: 1-3}, name {position: 5-}      "001 Ann"  →  001, Ann
text         (?<client>\\S+) - (?<status>\\d+)            "::1 - 200"  →  ::1, 200
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config import column as declared
from lakehouse.sources.field_names import declared_fields
from lakehouse.sources.formats.format import FileRequest
from lakehouse.sources.formats.options import python_pattern
from lakehouse.sources.keys import root_of, source_key
from lakehouse.sources.listing import literal_path
from lakehouse.sources.opened import Opened, as_map
from lakehouse.sources.text_files import (
    is_split_here,
    is_wide,
    read_lines,
    read_texts,
    split_lines,
)

_BETWEEN = "\u001f"  # The unit separator, which does not occur in text.


def open_fixed_width(request: FileRequest) -> list[Opened]:
    """Open the files as one group. Values are without the blanks around them; NULL where nothing
    else is there, as behind the end of a short line.

    A line with text that is invalid in the encoding is ``unparsed``. Characters that no column has
    are an undeclared field, named by their position (``20-25``), where they are not blank.
    """
    lines, columns = _lines(request), request.table.columns
    is_invalid = F.col("line").contains("\ufffd")
    texts = {name: _characters(*column.characters) for name, column in columns.items()}
    others = {name: _characters(first, count) for name, first, count in _gaps(columns)}
    frame = lines.withColumn("_unparsed", F.when(is_invalid, F.col("line")))
    is_parsed = F.col("_unparsed").isNull()
    return [
        Opened(
            frame,
            known={name: F.when(is_parsed, text) for name, text in texts.items()},
            others=F.when(is_parsed, as_map(others)),
            unparsed=F.col("_unparsed"),
            names=None,
        )
    ]


def open_text(request: FileRequest) -> list[Opened]:
    """Open the files as one group. A line that the pattern does not match as a whole is
    ``unparsed``; an empty group is NULL."""
    pattern = re.compile(python_pattern(request.source.options["pattern"]))
    # Java's group names have no underscores, so the groups are taken by number.
    java = re.sub(r"\(\?P<\w+>", "(", pattern.pattern)
    whole = f"^(?:{java})$"
    groups = _BETWEEN.join(f"${number}" for number in pattern.groupindex.values())
    line = F.col("line")
    is_parsed = line.rlike(whole) & ~line.contains("\ufffd") & ~line.contains(_BETWEEN)
    values = F.split(F.regexp_replace("line", whole, groups), _BETWEEN)
    frame = _lines(request).withColumn("_values", F.when(is_parsed, values))
    texts = {
        name: F.nullif(F.get("_values", F.lit(position)), F.lit(""))
        for position, name in enumerate(pattern.groupindex)
    }
    fields = declared_fields(request.table.columns)
    undeclared = {name: text for name, text in texts.items() if name not in fields.values()}
    return [
        Opened(
            frame,
            known={name: texts[field] for name, field in fields.items()},
            others=as_map(undeclared),
            unparsed=F.when(F.col("_values").isNull(), line),
            names={name: f"the group '{name}' of the pattern" for name in undeclared},
        )
    ]


def _lines(request: FileRequest) -> DataFrame:
    """``line`` and ``_source_file`` of the lines that are neither blank nor comments."""
    options, paths = request.source.options, [literal_path(file.path) for file in request.files]
    encoding, line_end = options.get("encoding", "UTF-8"), options.get("lineSep")
    skip, comment = int(options.get("skipLines", "0")), options.get("comment")
    key = source_key(root_of(request.files))
    if is_wide(encoding) or is_split_here(skip=skip, line_end=line_end):
        texts = read_texts(request.spark, paths, encoding=encoding)
        texts = texts.withColumn("_source_file", key)
        lines = split_lines(texts, line_end=line_end, skip=skip, comment=comment)
        return lines.drop("line_number")
    lines = read_lines(request.spark, paths, encoding=encoding, line_end=line_end)
    lines = lines.withColumn("_source_file", key)
    return lines.where(~F.col("line").startswith(comment)) if comment else lines


def _characters(first: int, count: int | None) -> Column:
    text = F.substring("line", first, 2**31 - 1 if count is None else count)
    return F.nullif(F.btrim(text, F.lit(" \t\u00a0")), F.lit(""))


def _gaps(columns: Mapping[str, declared.Column]) -> list[tuple[str, int, int | None]]:
    """The characters between and behind the columns: name, first character, number; None: all."""
    gaps: list[tuple[str, int, int | None]] = []
    free = 1
    for first, count in sorted(column.characters for column in columns.values()):
        if first > free:
            gaps.append((f"{free}-{first - 1}", free, first - free))
        if count is None:
            return gaps
        free = max(free, first + count)
    return [*gaps, (f"{free}-", free, None)]
