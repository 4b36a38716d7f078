"""Count the rows of days in the bins of a reference: exact, in one pass over the frame.

Rows are counted over all, and in each segment: a row of ``plan=basic`` counts in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.bins import MISSING, OUT_OF_RANGE, Bins, LevelBins, NumericBins
from lakehouse.ml.counts import Counts
from lakehouse.ml.reference import SCORE, ColumnReference
from lakehouse.ml.segments import segment_name
from lakehouse.scoring.column_types import read_value, refuse_missing

Batches = Iterator[pa.RecordBatch]
Ints = npt.NDArray[np.int64]
Group = str | None
"""A segment such as ``plan=premium``; None for all rows."""
_COUNTED = pa.schema(
    [
        ("as_of", pa.date32()),
        ("part", pa.int32()),
        ("place", pa.int32()),
        ("bin", pa.int32()),
        ("n", pa.int64()),
    ]
)


def count_days(
    frame: DataFrame, columns: Mapping[str, ColumnReference]
) -> dict[date, dict[str, Counts]]:
    """The counts of each column on each ``as_of`` over all rows; days without rows are absent."""
    return {day: groups[None] for day, groups in count_groups(frame, columns, {}).items()}


def count_groups(
    frame: DataFrame, columns: Mapping[str, ColumnReference], by: Mapping[str, LevelBins]
) -> dict[date, dict[Group, dict[str, Counts]]]:
    """The counts of each column on each ``as_of``, over all rows and in each segment that is a
    level of ``by``. Days and segments without rows are absent.

    Values are binned in the workers by the code that binned the training rows, each batch is
    counted there, and Spark adds the counts up. Numbers are compared as doubles and categories as
    text, as in scoring. Raises RunFailed for a missing column.
    """
    for name in [*columns, *by]:
        refuse_missing(frame, name)
    groups = _groups(by)
    selected = [F.col("as_of").cast("date").alias("as_of")]
    values = [read_value(frame, name, columns[name]) for name in columns]
    values += [F.col(name).cast("string") for name in by]
    selected += [value.alias(f"_{place}") for place, value in enumerate(values)]
    bins = [column.bins for column in columns.values()]
    counter = _make_counter(bins, list(by.values()))
    schema = "as_of date, part int, place int, bin int, n long"
    counted = frame.select(*selected).mapInArrow(counter, schema)
    rows = counted.groupBy("as_of", "part", "place", "bin").agg(F.sum("n").alias("n")).collect()
    cells: dict[date, dict[int, dict[int, dict[int, int]]]] = {}
    for day, part, place, at, number in rows:
        cells.setdefault(day, {}).setdefault(part, {}).setdefault(place, {})[at] = number
    return {
        day: {
            groups[part]: {
                name: Counts.of(by_place.get(place, {}), column.bins)
                for place, (name, column) in enumerate(columns.items())
            }
            for part, by_place in sorted(cells[day].items())
        }
        for day in sorted(cells)
    }


def select_scores(predictions: DataFrame, *others: str) -> DataFrame:
    """``as_of``, ``others``, and the score that is monitored: the probability, or the predicted
    number where there is none."""
    name = "probability" if "probability" in predictions.columns else "prediction"
    return predictions.select("as_of", *others, F.col(name).alias(SCORE))


def _groups(by: Mapping[str, LevelBins]) -> list[Group]:
    return [None, *(segment_name(name, level) for name in by for level in by[name].levels)]


def _make_counter(columns: list[Bins], by: list[LevelBins]) -> Callable[[Batches], Batches]:
    def count_batches(batches: Batches) -> Batches:
        counts: Counter[tuple[date, int, int, int]] = Counter()
        for batch in batches:
            days = batch.column(0).dictionary_encode()
            names, day_of_row = days.dictionary.to_pylist(), days.indices.to_numpy()
            parts = _parts(batch.num_rows, batch.columns[1 + len(columns) :], by)
            for place, bins in enumerate(columns):
                binned = _bin_rows(batch.column(place + 1), bins)
                for first, levels, level_of_row in parts:
                    for day, level, at, rows in _count(day_of_row, level_of_row, levels, *binned):
                        counts[names[day], first + level, place, at] += rows
        cells = [(*cell, rows) for cell, rows in counts.items()]
        arrays = [list(values) for values in zip(*cells, strict=True)] or [[] for _ in _COUNTED]
        yield pa.RecordBatch.from_arrays(
            [pa.array(array, field.type) for array, field in zip(arrays, _COUNTED, strict=True)],
            schema=_COUNTED,
        )

    return count_batches


def _parts(rows: int, columns: list[pa.Array], by: list[LevelBins]) -> list[tuple[int, int, Ints]]:
    """Ways to divide the rows: the number of the first group, how many there are, and the group of
    each row. The first way is all rows; rows of other levels are in a group beyond the last."""
    parts, first = [(0, 1, np.zeros(rows, dtype=np.int64))], 1
    for values, bins in zip(columns, by, strict=True):
        level_of_row = _assign(values, bins)
        levels = len(bins.levels)
        level_of_row[level_of_row < 0] = levels
        parts.append((first, levels, level_of_row))
        first += levels
    return parts


def _bin_rows(values: pa.Array, bins: Bins) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The bin of each row, and which are ``OUT_OF_RANGE``, which count in both."""
    if isinstance(bins, NumericBins):
        return _assign(values, bins), bins.is_out_of_range(_as_numbers(values))
    return _assign(values, bins), np.zeros(len(values), dtype=bool)


def _count(
    day_of_row: npt.NDArray[np.integer],
    level_of_row: Ints,
    levels: int,
    assigned: Ints,
    is_outside: npt.NDArray[np.bool_],
) -> Iterator[tuple[int, int, int, int]]:
    """Day, level, bin and rows. Cells are numbered, so that one pass counts them."""
    shifted = assigned - OUT_OF_RANGE  # the lowest number of a bin
    width = int(shifted.max(initial=0)) + 1
    group = day_of_row.astype(np.int64) * (levels + 1) + level_of_row
    cells = np.bincount(group * width + shifted)
    cells = np.pad(cells, (0, -len(cells) % width)).reshape(-1, width)
    cells[:, 0] = np.bincount(group[is_outside], minlength=len(cells))
    for at, place in np.argwhere(cells):
        day, level = divmod(int(at), levels + 1)
        if level < levels:
            yield day, level, int(place) + OUT_OF_RANGE, int(cells[at, place])


def _assign(values: pa.Array, bins: Bins) -> Ints:
    if isinstance(bins, NumericBins):
        assigned = bins.assign(_as_numbers(values))
        assigned[np.asarray(values.is_null())] = MISSING
        return assigned
    encoded = values.dictionary_encode()
    of_level = np.append(bins.assign(encoded.dictionary.to_pylist()), MISSING)
    places = encoded.indices.fill_null(len(of_level) - 1).to_numpy()
    return np.asarray(of_level[places], dtype=np.int64)


def _as_numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=float)
