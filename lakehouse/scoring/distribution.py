"""Count the rows of days in the bins of a reference: exact, in one pass over the frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import RunFailed
from lakehouse.ml.bins import MISSING, OUT_OF_RANGE, Bins, NumericBins
from lakehouse.ml.reference import SCORE, ColumnReference, Counts

Batches = Iterator[pa.RecordBatch]
_COUNTED = pa.schema(
    [("as_of", pa.date32()), ("place", pa.int32()), ("bin", pa.int32()), ("n", pa.int64())]
)


def count_days(
    frame: DataFrame, columns: Mapping[str, ColumnReference]
) -> dict[date, dict[str, Counts]]:
    """The counts of each column on each ``as_of`` of the frame; days without rows are absent.

    Values are binned in the workers by the code that binned the training rows, each batch is
    counted there, and Spark adds the counts up. Numbers are compared as doubles and categories as
    text, as in scoring. Raises RunFailed for a missing column.
    """
    for name in columns:
        _refuse_missing(frame, name)
    selected = [F.col("as_of").cast("date").alias("as_of")]
    selected += [_value(name, column).alias(f"_{place}") for place, (name, column) in _at(columns)]
    counter = _make_counter([column.bins for column in columns.values()])
    counted = frame.select(*selected).mapInArrow(counter, "as_of date, place int, bin int, n long")
    rows = counted.groupBy("as_of", "place", "bin").agg(F.sum("n").alias("n")).collect()
    by_bin: dict[tuple[date, int], dict[int, int]] = {}
    for row in rows:
        by_bin.setdefault((row["as_of"], row["place"]), {})[row["bin"]] = row["n"]
    return {
        day: {
            name: Counts.of(by_bin.get((day, place), {}), column.bins)
            for place, (name, column) in _at(columns)
        }
        for day in sorted({day for day, _ in by_bin})
    }


def select_scores(predictions: DataFrame) -> DataFrame:
    """``as_of`` and the score that is monitored: the probability, or the predicted number where
    there is none."""
    name = "probability" if "probability" in predictions.columns else "prediction"
    return predictions.select("as_of", F.col(name).alias(SCORE))


def _at(
    columns: Mapping[str, ColumnReference],
) -> list[tuple[int, tuple[str, ColumnReference]]]:
    return list(enumerate(columns.items()))


def _value(name: str, column: ColumnReference) -> Column:
    if column.kind == "numeric":
        return F.col(name).try_cast("double")
    return F.col(name).cast("string")


def _make_counter(columns: list[Bins]) -> Callable[[Batches], Batches]:
    def count_batches(batches: Batches) -> Batches:
        counts: Counter[tuple[date, int, int]] = Counter()
        for batch in batches:
            days = batch.column(0).dictionary_encode()
            names, day_of_row = days.dictionary.to_pylist(), days.indices.to_numpy()
            for place, bins in enumerate(columns):
                for day, at, rows in _count(batch.column(place + 1), bins, day_of_row):
                    counts[names[day], place, at] += rows
        cells = [(*cell, rows) for cell, rows in counts.items()]
        arrays = [list(values) for values in zip(*cells, strict=True)] or [[], [], [], []]
        yield pa.RecordBatch.from_arrays(
            [pa.array(array, field.type) for array, field in zip(arrays, _COUNTED, strict=True)],
            schema=_COUNTED,
        )

    return count_batches


def _count(
    values: pa.Array, bins: Bins, day_of_row: npt.NDArray[np.integer]
) -> Iterator[tuple[int, int, int]]:
    """Day, bin and rows; ``OUT_OF_RANGE`` rows come a second time in their own bin."""
    assigned = _assign(values, bins)
    pairs, rows = np.unique(np.stack([day_of_row, assigned]), axis=1, return_counts=True)
    yield from zip(*pairs.tolist(), rows.tolist(), strict=True)
    if isinstance(bins, NumericBins):
        outside = bins.is_out_of_range(_as_numbers(values))
        days, rows = np.unique(day_of_row[outside], return_counts=True)
        yield from ((day, OUT_OF_RANGE, n) for day, n in zip(days, rows.tolist(), strict=True))


def _assign(values: pa.Array, bins: Bins) -> npt.NDArray[np.int64]:
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


def _refuse_missing(frame: DataFrame, name: str) -> None:
    if name not in frame.columns:
        raise RunFailed(
            f"the rows have no column '{name}', which the model's reference describes"
            f"{did_you_mean(name, frame.columns)}",
            hint="compute the features as they were for training, or train again",
        )
