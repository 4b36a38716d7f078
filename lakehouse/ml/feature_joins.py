"""Further feature tables of a model, joined point in time: each row gets the newest features of its
key that are of its day or an earlier one, and no older than ``max_age``.

Example: stores have features on Mondays, ``max_age: 7 days``.

    customer  store  as_of  (Wednesday)      store  as_of      revenue_28d
    1         s1     2026-03-04              s1     2026-03-02  900
                                             s1     2026-03-09  950

gives customer 1 a ``revenue_28d`` of 900. On 10 March it is 950, and on 20 March NULL.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.model.features import ModelFeatures
from lakehouse.refresh.context import RunContext

_KEY, _DAY, _ROW, _FEATURES = "_key", "_day", "_row", "_features"


def add_joined_features(
    context: RunContext, rows: DataFrame, features: ModelFeatures, versions: Mapping[str, int]
) -> DataFrame:
    """``rows`` of the model's feature table with the features of the tables that it joins.

    ``versions`` are those at which the tables are read. Same grain and rows.
    """
    for join in features.joins:
        other = context.tables.read(join.table, versions[join.table])
        if features.columns is None:
            other = other.drop(*context.pipeline.features[join.table].unused)
        rows = join_newest(rows, other, on=join.key, max_age_days=join.max_age_days)
    return rows


def join_newest(
    rows: DataFrame, features: DataFrame, *, on: str, max_age_days: int | None
) -> DataFrame:
    """Each of ``rows`` with the newest row of ``features`` with an equal ``on`` that is not later.

    Both have ``as_of``; ``features`` has one row per ``on`` and day. NULL in ``on`` meets nothing.
    The columns of ``features`` follow, NULL where there is none within ``max_age_days``. One
    shuffle of both sides and a running value per key, so that memory does not grow with the
    number of days.
    """
    names = [name for name in features.columns if name not in (on, "as_of")]
    told = F.struct("as_of", *names)
    known = features.where(F.col(on).isNotNull()).select(
        F.col(on).alias(_KEY), F.col("as_of").alias(_DAY), told.alias(_FEATURES)
    )
    asking = rows.select(
        F.col(on).alias(_KEY), F.col("as_of").alias(_DAY), F.struct(*rows.columns).alias(_ROW)
    )
    both = known.unionByName(asking, allowMissingColumns=True)
    # On the same day features come first.
    so_far = Window.partitionBy(_KEY).orderBy(_DAY, F.col(_ROW).isNotNull())
    newest = F.last(_FEATURES, ignorenulls=True).over(
        so_far.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    found = both.select(_ROW, _DAY, newest.alias(_FEATURES)).where(F.col(_ROW).isNotNull())
    if max_age_days is not None:
        age = F.date_diff(F.col(_DAY), F.col(f"{_FEATURES}.as_of"))
        found = found.withColumn(_FEATURES, F.when(age <= max_age_days, F.col(_FEATURES)))
    return found.select(f"{_ROW}.*", *[F.col(f"{_FEATURES}.{name}").alias(name) for name in names])
