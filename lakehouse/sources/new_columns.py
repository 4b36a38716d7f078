"""Handle undeclared fields: rescue them, add them as columns, or fail (``on_new_column``)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable
from lakehouse.config.yaml_file import did_you_mean, load
from lakehouse.errors import DeclarationError
from lakehouse.sources.opened import Opened

_COLUMN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def added_columns(table: BronzeTable, opened: Sequence[Opened]) -> list[str]:
    """The undeclared fields that become string columns, sorted; none unless ``add_new_columns``.

    A field whose name is not a valid column name stays in ``_rescued_data``. Under
    ``fail_on_new_columns`` raises DeclarationError with the file and the position, never with the
    name. Reads JSON files once more, unless new columns are rescued.
    """
    if table.on_new_column == "rescue":
        return []
    places = {name: place for part in opened for name, place in _names(part).items()}
    if places and table.on_new_column == "fail_on_new_columns":
        name = min(places)
        # The name may be personal data: the first line of a file without a header, a JSON key.
        raise DeclarationError(
            f"{table.table}: {places[name]} is not declared{did_you_mean(name, table.columns)}",
            where=load(table.file).where("on_new_column"),
            hint="declare it under columns:, or set on_new_column: rescue",
        )
    taken = {name.lower() for name in table.columns}
    added: dict[str, str] = {}
    for name in sorted(places):
        if _COLUMN_NAME.fullmatch(name) and name.lower() not in taken:
            added.setdefault(name.lower(), name)
    return sorted(added.values())


def with_added(part: Opened, added: Sequence[str]) -> Opened:
    """``part`` with the added columns among the known ones."""
    if not added:
        return part
    moved = {name: F.try_element_at(part.others, F.lit(name)) for name in added}
    others = F.map_filter(part.others, lambda key, _: ~key.isin(*added))
    return Opened(part.frame, {**part.known, **moved}, others, part.unparsed, part.names)


def _names(part: Opened) -> dict[str, str]:
    if part.names is not None:
        return dict(part.names)
    keys: DataFrame = part.frame.select(
        "_source_file", F.explode(F.map_keys(part.others)).alias("name")
    )
    rows = keys.groupBy("name").agg(F.min("_source_file").alias("file")).collect()
    return {row["name"]: f"a key in {row['file']}" for row in rows}
