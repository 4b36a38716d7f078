"""Files of one form, opened: where each declared column lies, and what else is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Opened:
    """Raw rows of files that share a form; ``frame`` has ``_source_file`` beside what was read.

    ``known`` holds, for declared columns, their text or a value of the declared type.
    ``others`` is a map<string,string> of undeclared fields with a value (NULL or empty: none);
    ``unparsed`` is the text of a row that could not be taken apart, NULL for all others.
    ``names`` are the undeclared fields, each with a place where it stands (``field 2 of a.csv``);
    None when only the rows can tell.
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
    """Fields as a map of those that have a value; NULL where none has one."""
    if not fields:
        return F.lit(None).cast("map<string,string>")
    pairs = [part for name, value in fields.items() for part in (F.lit(name), value)]
    some = F.coalesce(*fields.values()).isNotNull()
    return F.when(some, F.map_filter(F.create_map(*pairs), lambda _, value: value.isNotNull()))
