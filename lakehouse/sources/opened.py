"""Raw rows of files that share a schema, with the expression for each declared column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Opened:
    """Raw rows of files that share a schema; ``frame`` also has ``_source_file``.

    ``known`` has the text, or a value of the declared type, of each declared column.
    ``others`` is a map<string,string> of the undeclared fields that are not NULL (NULL or empty
    where there are none); ``unparsed`` is the text of a row that could not be parsed, else NULL.
    ``names`` has the undeclared fields, each with its position (``field 2 of a.csv``); None where
    they are known from the rows only, as in JSON.
    """

    frame: DataFrame
    known: Mapping[str, Column]
    others: Column
    unparsed: Column
    names: Mapping[str, str] | None


def no_text() -> Column:
    """A NULL of type string."""
    return F.lit(None).cast("string")


def as_map(fields: Mapping[str, Column]) -> Column:
    """A map of the fields that are not NULL; NULL where all are."""
    if not fields:
        return F.lit(None).cast("map<string,string>")
    pairs = [part for name, value in fields.items() for part in (F.lit(name), value)]
    some = F.coalesce(*fields.values()).isNotNull()
    return F.when(some, F.map_filter(F.create_map(*pairs), lambda _, value: value.isNotNull()))
