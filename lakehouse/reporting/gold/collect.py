"""Gold tables and scores, small enough to draw: Spark groups and cuts them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from lakehouse.config.declarations import GoldTable as Declaration
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.ml.registry import CHALLENGER, CHAMPION
from lakehouse.refresh.run_record import Day
from lakehouse.reporting.data import GoldTable, PredictionKind, Scores
from lakehouse.reporting.gold.default_chart import default_chart, time_key
from lakehouse.reporting.gold.expected_value import expected_value
from lakehouse.reporting.gold.points import series
from lakehouse.reporting.gold.predictions import (
    predicted_classes,
    predicted_numbers,
    probabilities,
)
from lakehouse.scoring.roles import ROLE

MOST_ROWS = 40


def gold_table(
    frame: DataFrame, declared: Declaration, *, until: Day | None = None, on_scores: bool = False
) -> GoldTable:
    """A gold table as the page needs it; ``until`` is the last day of the data behind it."""
    numbers = [f.name for f in frame.schema if isinstance(f.dataType, T.NumericType)]
    keys = [key for key in declared.keys if key in frame.columns]
    keys = keys or [name for name in frame.columns if name not in numbers]
    sample = pd.DataFrame(frame.limit(MOST_ROWS).toPandas())
    charts = list(declared.chart)
    if not charts and (chart := default_chart(sample, keys, numbers)):
        charts = [chart]
    time = next((chart.over for chart in charts if chart.over in frame.columns), None)
    return GoldTable(
        name=declared.table,
        description=declared.description,
        numbers=_numbers(frame, keys, time or time_key(sample, keys)),
        series=tuple(series(frame, chart) for chart in charts),
        rows=frame.count(),
        until=until,
        week_starts=declared.info.week_starts,
        on_scores=on_scores,
    )


def _numbers(frame: DataFrame, keys: list[str], time: str | None) -> pd.DataFrame:
    """At most 40 rows: the newest periods first where there is a time, else by key."""
    newest = [F.desc(time)] if time else []
    others = [F.col(key) for key in keys if key != time]
    return pd.DataFrame(frame.orderBy(*newest, *others).limit(MOST_ROWS).toPandas())


def scores(current: DataFrame, model: ModelDecl) -> Scores:
    """How the newest predictions are spread: probabilities over twenty equal bins, numbers over
    bins of their own, classes by name. NULL counts nowhere."""
    as_of = current.agg(F.max("as_of")).collect()[0][0]
    of_day = current.where(F.col("as_of") == F.lit(as_of)) if as_of else current
    kind, count = _kind_of(current)
    scores = Scores(
        table=model.scores.current,
        as_of=as_of,
        counts=(),
        entity=f"{model.entity.removesuffix('_id').replace('_', ' ')}s",
        description=model.description,
        version=_versions(of_day),
        kind=kind,
        expected=expected_value(of_day, model),
    )
    return count(of_day, scores)


def _kind_of(current: DataFrame) -> tuple[PredictionKind, Callable[[DataFrame, Scores], Scores]]:
    """How predictions are counted: by the type of ``prediction``, or probabilities without it."""
    if "prediction" not in current.columns:
        return "probabilities", probabilities
    if isinstance(current.schema["prediction"].dataType, T.StringType):
        return "classes", predicted_classes
    return "numbers", predicted_numbers


def _versions(of_day: DataFrame) -> str:
    """``3``; where a challenger decides for some, ``3, and version 4 for 120 of them``."""
    by_role = [F.col(ROLE)] if ROLE in of_day.columns else [F.lit(CHAMPION).alias(ROLE)]
    rows = of_day.groupBy(*by_role, "model_version").count().collect()
    versions = {row[ROLE]: row for row in sorted(rows, key=lambda row: row["model_version"])}
    challenger = versions.pop(CHALLENGER, None)
    text = "".join(str(row["model_version"]) for row in versions.values())
    if challenger is None:
        return text
    return f"{text}, and version {challenger['model_version']} for {challenger['count']:,} of them"
