"""The bitemporal history of an ``scd2`` table, derived from all events of each key.

Grain: one row per (key, ``valid_from``, ``known_from``): what was known of a version since a day.
``valid_to`` is the ``valid_from`` of the next version, ``known_to`` the day on which the same
version was corrected. A deletion is a row with an empty validity (``valid_to = valid_from``). Of
several rows for one version and day, the one with the greatest content wins. Of several sources,
the one that is declared first decides about a version from the day on which it told of it. A row
that repeats what was already known is superseded. NULL is a key value like any other.

Example: one key. Version 1 is corrected on day 3, which day 4 repeats; version 5 follows, and
version 9 deletes the key. Without the deletion, version 5 would be current and have no end.

events:
    key  valid_from  known_from  city   _deleted
    1    1           2026-01-01  Ripe   false
    1    1           2026-01-03  Ribe   false
    1    1           2026-01-04  Ribe   false
    1    5           2026-01-05  Vejle  false
    1    9           2026-01-09  Vejle  true

history:
    key  valid_from  valid_to  known_from  known_to    is_current  city
    1    1           5         2026-01-01  2026-01-03  false       Ripe
    1    1           5         2026-01-03  NULL        false       Ribe
    1    5           9         2026-01-05  NULL        false       Vejle
    1    9           9         2026-01-09  NULL        false       Vejle
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.refresh.precedence import PRECEDENCE
from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.tables import columns_of

HISTORY = ("valid_from", "valid_to", "known_from", "known_to", "is_current")
DELETED, ARRIVED = "_deleted", "_arrived"
INCONSISTENT = "_inconsistent"
_RETRACTED = "_retracted"


def to_events(rows: DataFrame, *, sequence_by: str, deletes: Column | None) -> DataFrame:
    """Turn accepted rows into events with ``valid_from``, ``known_from`` and ``_deleted``.

    A row for which ``deletes`` is NULL is not a deletion.
    """
    deleted = F.lit(False) if deletes is None else F.coalesce(deletes, F.lit(False))
    return rows.select(
        *columns_of(rows, but=("_known_date",)),
        F.col(sequence_by).alias("valid_from"),
        F.col("_known_date").alias("known_from"),
        deleted.alias(DELETED),
    )


def derive_history(events: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """The history of some keys from all of their events, in any order and with repeats.

    The rows are repartitioned by key once, so that no window below adds a shuffle.
    """
    version = Window.partitionBy(*keys, "valid_from")
    of_key = Window.partitionBy(*keys).orderBy("valid_from", "known_from")
    deduplicate = _deduplicate
    if KNOWN_UNTIL in events.columns:
        # A version that is no longer known does not end the one before it.
        of_key = Window.partitionBy(*keys, F.col("known_to").isNull()).orderBy("valid_from")
        deduplicate = _deduplicate_replaceable
    is_last_version = F.col("_next").isNull()
    # 1. One row per version and known day, without repeats.
    # 2. Known until the next row of the same version.
    known_to = F.lead("known_from").over(version.orderBy("known_from"))
    known = (
        events.repartition(*keys)
        .transform(_drop_outranked, keys=keys)
        .transform(deduplicate, keys=keys)
        .withColumn("known_to", known_to)
    )
    if _RETRACTED in known.columns:
        known = known.where(f"NOT {_RETRACTED}").drop(_RETRACTED)
    return (
        # 3. Every row of a version is valid until the next version starts.
        known.withColumn("_next", F.lead("valid_from").over(of_key))
        .withColumn("_next", F.when(F.col("known_to").isNull(), F.col("_next")))
        .withColumn("_next", F.max("_next").over(version))
        .withColumn(
            "valid_to", F.when(F.col(DELETED), F.col("valid_from")).otherwise(F.col("_next"))
        )
        # 4. Current: the newest knowledge of the last version, unless it is a deletion.
        .withColumn("is_current", F.col("known_to").isNull() & is_last_version & ~F.col(DELETED))
        .drop("_next", DELETED)
    )


def mark_inconsistent(history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Add ``_inconsistent``: whether the row is one of two current rows of its key, or there is a
    gap or an overlap between it and the next of the versions known last.

    Grain: unchanged. Never NULL, and false for every row that this module derives.
    """
    latest = Window.partitionBy(*keys, F.col("known_to").isNull()).orderBy("valid_from")
    following = F.lead(F.struct("valid_from")).over(latest)
    next_begin = F.col("_following")["valid_from"]
    is_last = F.col("_following").isNull()
    ends_wrong = ~is_deletion() & ~F.col("valid_to").eqNullSafe(next_begin)
    is_double = ~is_last & next_begin.eqNullSafe(F.col("valid_from"))
    state_wrong = ~F.col("is_current").eqNullSafe(is_last & ~is_deletion())
    is_wrong = F.when(F.col("known_to").isNull(), ends_wrong | is_double | state_wrong).otherwise(
        F.coalesce("is_current", F.lit(True))
    )
    marked = history.withColumn("_following", following).withColumn(INCONSISTENT, is_wrong)
    return marked.drop("_following")


def _drop_outranked(events: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Without the events of a version that become known when a source that takes precedence has
    already told of the version."""
    if PRECEDENCE not in events.columns:
        return events
    known_by_then = Window.partitionBy(*keys, "valid_from").orderBy("known_from")
    first = F.min(PRECEDENCE).over(known_by_then)
    return events.withColumn("_first", first).where(f"{PRECEDENCE} <=> _first").drop("_first")


def _deduplicate(events: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Keep the greatest event of each version and day, then drop repeats of the day before.

    The order matters: with ``b`` on day 1 and both ``a`` and ``b`` on day 2, ``b`` wins day 2 and
    repeats day 1.
    """
    content = F.struct(*content_columns(events, keys), DELETED)
    mark = [ARRIVED] if ARRIVED in events.columns else []
    ordered = Window.partitionBy(*keys, "valid_from").orderBy("known_from", content, *mark)
    is_lesser = F.lead("known_from").over(ordered).eqNullSafe(F.col("known_from"))
    repeats = content.eqNullSafe(F.lag(content).over(ordered))
    greatest = events.withColumn("_lesser", is_lesser).where("NOT _lesser").drop("_lesser")
    return greatest.withColumn("_repeats", repeats).where("NOT _repeats").drop("_repeats")


def _deduplicate_replaceable(events: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """``_deduplicate`` for events that may have ``_known_until``: their file was replaced.

    For each day on which an event of a version begins or ends, keep the greatest event that is
    known on that day. Where none is, a row with ``_retracted`` ends what was known before. For
    example, a version is Ripe on day 1, Ribe on day 3, and the file that said Ribe is replaced on
    day 6: the result is Ripe since day 1, Ribe since day 3 and Ripe since day 6.
    """
    version = [*keys, "valid_from"]
    content = [*content_columns(events, keys), DELETED]
    mark = [ARRIVED] if ARRIVED in events.columns else []
    event = F.struct("known_from", F.struct(*content).alias("_content"), *mark, KNOWN_UNTIL)
    ends = F.filter(F.col(f"_events.{KNOWN_UNTIL}"), lambda day: day.isNotNull())
    days = F.array_distinct(F.concat(F.col("_events.known_from"), ends))
    known = F.filter(
        "_events",
        lambda e: (
            (e["known_from"] <= F.col("_day"))
            & F.coalesce(e[KNOWN_UNTIL] > F.col("_day"), F.lit(True))
        ),
    )
    begins = F.col("_event.known_from") == F.col("_day")
    in_order = Window.partitionBy(*version).orderBy("known_from")
    repeats = F.col("_event._content").eqNullSafe(F.lag("_event._content").over(in_order))
    return (
        events.groupBy(*version)
        .agg(F.collect_list(event).alias("_events"))
        .withColumn("_day", F.explode(days))
        .select(*version, "_day", F.array_max(known).alias("_event"))
        .withColumn("known_from", F.col("_day"))
        .withColumn("_repeats", repeats)
        .where("NOT _repeats")
        .select(
            *version,
            "known_from",
            *[F.col(f"_event._content.{name}").alias(name) for name in content],
            *[(F.col(f"_event.{name}") & begins).alias(name) for name in mark],
            F.col("_event").isNull().alias(_RETRACTED),
        )
        .select(*columns_of(events, but=(KNOWN_UNTIL,)), _RETRACTED)
    )


def is_deletion() -> Column:
    """Whether a row of a history deletes its key; a row with NULL in ``valid_from`` does not."""
    return F.col("valid_to").isNotNull() & F.col("valid_to").eqNullSafe(F.col("valid_from"))


def content_columns(rows: DataFrame, keys: Sequence[str], *, but: Sequence[str] = ()) -> list[str]:
    """The content of a row: all columns but keys, history columns and the library's marks."""
    return columns_of(rows, but=(*keys, *HISTORY, DELETED, ARRIVED, KNOWN_UNTIL, *but))
