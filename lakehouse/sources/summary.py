"""Counts for each file: its rows, and how many of them have rescued data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.declarations import BronzeTable


@dataclass(frozen=True)
class FileSummary:
    """A file that has rows. ``path`` is its key.

    ``rows_rescued`` are unparsed or have a malformed value; undeclared fields do not count.
    ``rows_rescued_whole`` are unparsed, or all their declared columns are NULL and something was
    rescued or added. ``malformed`` counts values by declared column, without those that have none.
    """

    path: str
    rows: int
    rows_rescued: int
    rows_rescued_whole: int
    rows_unparsed: int
    malformed: Mapping[str, int] = field(default_factory=dict)

    def share_not_understood(self, table: BronzeTable) -> str:
        """How many rows were rescued whole, and the share that the table allows."""
        reason = f"{self.rows_rescued_whole:,} of {self.rows:,} rows were not understood"
        return f"{reason} (max_rescued: {table.max_rescued:g})"


def summarize_files(frame: DataFrame, table: BronzeTable) -> list[FileSummary]:
    """A summary for each file that has rows in ``frame`` (of ``read_files``), sorted by key.

    Takes one aggregation, and so one read of the files.
    """
    names = list(table.columns)
    parts = F.from_json("_rescued_data", f"unparsed string, malformed struct<{_texts(names)}>")
    counts = _counts(names, _added(frame, names))
    rows = frame.withColumn("_parts", parts).groupBy("_source_file").agg(*counts)
    return sorted((_summary(row.asDict(), names) for row in rows.collect()), key=_path)


def first_reason(summaries: Iterable[FileSummary], table: BronzeTable) -> str | None:
    """The most frequent fault in a sentence, without any value; None where nothing was rescued.

    ``latitude: 2,753 values do not fit decimal(12,8)``, or ``17 rows could not be parsed``.
    """
    unparsed, malformed = 0, dict.fromkeys(table.columns, 0)
    for summary in summaries:
        unparsed += summary.rows_unparsed
        for name, count in summary.malformed.items():
            malformed[name] += count
    worst = max(malformed, key=lambda name: malformed[name])
    if unparsed and unparsed >= malformed[worst]:
        return f"{unparsed:,} row{'s' if unparsed != 1 else ''} could not be parsed"
    if not malformed[worst]:
        return None
    values = "value does" if malformed[worst] == 1 else "values do"
    return f"{worst}: {malformed[worst]:,} {values} not fit {table.columns[worst].type}"


def _texts(names: list[str]) -> str:
    return ", ".join(f"`{name}`: string" for name in names)


def _added(frame: DataFrame, names: list[str]) -> list[str]:
    """The columns that ``on_new_column: add_new_columns`` added."""
    return [name for name in frame.columns if name not in names and not name.startswith("_")]


def _counts(names: list[str], added: list[str]) -> list[Column]:
    unparsed = F.col("_parts.unparsed").isNotNull()
    fault = unparsed | F.col("_parts.malformed").isNotNull()
    empty = reduce(and_, (F.col(f"`{name}`").isNull() for name in names))
    others = [F.col(f"`{name}`") for name in ("_rescued_data", *added)]
    whole = unparsed | (F.coalesce(*others).isNotNull() & empty)
    bad = [F.count(F.col(f"_parts.malformed.`{name}`")) for name in names]
    return [
        F.count(F.lit(1)).alias("_rows"),
        F.count_if(F.coalesce(fault, F.lit(False))).alias("_rescued"),
        F.count_if(F.coalesce(whole, F.lit(False))).alias("_whole"),
        F.count_if(unparsed).alias("_unparsed"),
        *[count.alias(f"_bad_{position}") for position, count in enumerate(bad)],
    ]


def _summary(row: Mapping[str, int | str], names: list[str]) -> FileSummary:
    counts = {name: int(row[f"_bad_{position}"]) for position, name in enumerate(names)}
    return FileSummary(
        str(row["_source_file"]),
        int(row["_rows"]),
        int(row["_rescued"]),
        int(row["_whole"]),
        int(row["_unparsed"]),
        {name: count for name, count in counts.items() if count},
    )


def _path(summary: FileSummary) -> str:
    return summary.path
