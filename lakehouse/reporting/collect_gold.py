"""Gold tables and scores, small enough to draw: big tables are grouped and cut by Spark."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import GoldTable as Declaration
from lakehouse.config.model_declaration import ModelDecl
from lakehouse.reporting.data import GoldTable, Scores
from lakehouse.reporting.over_time import MOST_GROUPS, MOST_POINTS
from lakehouse.reporting.shape import summable_columns, time_key

SMALL = 4000
LARGEST = 200
BINS = 20


def gold_table(frame: DataFrame, declared: Declaration, *, on_scores: bool = False) -> GoldTable:
    """A gold table as the page needs it. At most 4,000 rows are fetched; of a bigger table the
    newest periods of the largest groups, or the largest rows where it has no time.
    """
    keys = list(declared.keys) or [f.name for f in frame.schema if not _is_number(f.dataType)]
    is_sql = declared.shape.suffix == ".sql"
    adding = summable_columns(declared.shape.read_text(encoding="utf-8")) if is_sql else frozenset()
    small: pd.DataFrame = pd.DataFrame(frame.limit(SMALL + 1).toPandas())
    time = time_key(small, keys)
    rows = len(small)
    totals = None
    if rows > SMALL:
        rows = frame.count()
        small, totals = _cut(frame, keys, time, sorted(adding, key=frame.columns.index))
    ordered = small.sort_values(list(keys), kind="stable") if keys else small
    kept = tuple(key for key in keys if key in ordered)
    others = [key for key in kept if key != time]
    return GoldTable(
        name=declared.table,
        description=declared.description,
        frame=ordered.reset_index(drop=True),
        keys=kept,
        time=time,
        summable=adding,
        totals=totals,
        rows=rows,
        groups=0 if not others else _number(frame, others[0], small, rows),
        on_scores=on_scores,
        source=declared.source,
    )


def _number(frame: DataFrame, key: str, small: pd.DataFrame, rows: int) -> int:
    if rows <= SMALL:
        return int(small[key].nunique(dropna=False))
    return int(frame.select(key).distinct().count())


def _cut(
    frame: DataFrame, keys: Sequence[str], time: str | None, adding: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    groups = [key for key in keys if key != time]
    main = _main(frame, keys, adding)
    if time is None or main is None:
        first = frame.orderBy(F.col(main).desc_nulls_last(), *groups) if main else frame
        return pd.DataFrame(first.limit(LARGEST).toPandas()), None
    since = frame.select(time).distinct().orderBy(F.desc(time)).limit(MOST_POINTS)
    recent = frame.join(since, on=time, how="left_semi")
    if not groups:
        return pd.DataFrame(recent.toPandas()), None
    sums = [F.sum(name).alias(name) for name in adding]
    totals = pd.DataFrame(recent.groupBy(time).agg(*sums).toPandas()) if sums else None
    size = F.sum(F.abs(main)).alias("_size")
    largest = recent.groupBy(groups[0]).agg(size).orderBy(F.desc("_size"), groups[0])
    names = [row[0] for row in largest.limit(MOST_GROUPS).collect()]
    shown = recent.where(_among(groups[0], names))
    if len(groups) > 1 and sums:
        shown = shown.groupBy(time, groups[0]).agg(*sums)
    return pd.DataFrame(shown.toPandas()), totals


def _main(frame: DataFrame, keys: Sequence[str], adding: Sequence[str]) -> str | None:
    numbers = [f for f in frame.schema if _is_number(f.dataType) and f.name not in keys]
    first = sorted(
        numbers, key=lambda f: (f.name not in adding, not isinstance(f.dataType, T.DecimalType))
    )
    return first[0].name if first else None


def _among(key: str, names: Sequence[object]) -> Column:
    present = F.col(key).isin([name for name in names if name is not None])
    return present | F.col(key).isNull() if None in names else F.coalesce(present, F.lit(False))


def _is_number(kind: T.DataType) -> bool:
    return isinstance(kind, T.NumericType)


def scores(current: DataFrame, model: ModelDecl) -> Scores:
    """How the newest probabilities are spread over twenty equal bins; NULL counts nowhere."""
    place = F.least(F.floor(F.col("probability") * BINS), F.lit(BINS - 1)).alias("bin")
    newest = current.agg(F.max("as_of")).first()
    as_of = newest[0] if newest else None
    of_day = current.where(F.col("as_of") == F.lit(as_of)) if as_of else current
    rows = of_day.groupBy(place).agg(
        F.count("probability").alias("rows"), F.max("model_version").alias("version")
    ).collect()  # fmt: skip
    found = {int(row["bin"]): int(row["rows"]) for row in rows if row["bin"] is not None}
    version = max((str(row["version"]) for row in rows), default="", key=lambda v: (len(v), v))
    return Scores(
        table=model.scores.current,
        as_of=as_of,
        counts=tuple(found.get(index, 0) for index in range(BINS)),
        entity=f"{model.entity.removesuffix('_id').replace('_', ' ')}s",
        description=model.description,
        version=version,
    )
