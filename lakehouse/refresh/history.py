"""The history of an ``scd2`` table, derived from its events, always a whole key at a time.

Grain: one row per (key, ``valid_from``, ``known_from``): what was known of a version, and since
which day. ``valid_to`` is the ``valid_from`` of the next version, ``known_to`` the day on which the
same version was corrected. A deletion is a row with an empty validity (``valid_to = valid_from``).
Of several rows on one version and day the greatest content wins. A row that repeats what was known
before is superseded. NULL is a key value like any other.

Example: one key. Version 1 is corrected on day 3, which day 4 repeats; version 5 follows, and
version 9 deletes the key. Without the deletion version 5 would be valid without an end, and
current.

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

from lakehouse.sql.point_in_time import KNOWN_UNTIL
from lakehouse.storage.tables import columns_of

HISTORY = ("valid_from", "valid_to", "known_from", "known_to", "is_current")
DELETED, ARRIVED = "_deleted", "_arrived"
_RETRACTED = "_retracted"


def events(rows: DataFrame, *, sequence_by: str, deletes: Column | None) -> DataFrame:
    """Accepted rows as events, with ``valid_from``, ``known_from`` and a mark for deletions.

    A row for which ``deletes`` is NULL deletes nothing.
    """
    deleted = F.lit(False) if deletes is None else F.coalesce(deletes, F.lit(False))
    return rows.select(
        *columns_of(rows, but=("_known_date",)),
        F.col(sequence_by).alias("valid_from"),
        F.col("_known_date").alias("known_from"),
        deleted.alias(DELETED),
    )


def derive_history(told: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """All events of some keys as their history, in whatever order and however often they came.

    The rows are dealt out by key once: no window below needs a shuffle of its own.
    """
    version = Window.partitionBy(*keys, "valid_from")
    of_key = Window.partitionBy(*keys).orderBy("valid_from", "known_from")
    words = _last_words
    if KNOWN_UNTIL in told.columns:
        # A version that is not known any more does not end the one before it.
        of_key = Window.partitionBy(*keys, F.col("known_to").isNull()).orderBy("valid_from")
        words = _last_words_still_known
    is_last_version = F.col("_next").isNull()
    # 1. One row per version and known day, repeats left out.
    # 2. Known until the next row of the same version.
    known_to = F.lead("known_from").over(version.orderBy("known_from"))
    known = told.repartition(*keys).transform(words, keys=keys).withColumn("known_to", known_to)
    if _RETRACTED in known.columns:
        known = known.where(f"NOT {_RETRACTED}").drop(_RETRACTED)
    return (
        # 3. Every row of a version is valid until the next version, which the last row sees.
        known.withColumn("_next", F.lead("valid_from").over(of_key))
        .withColumn("_next", F.when(F.col("known_to").isNull(), F.col("_next")))
        .withColumn("_next", F.max("_next").over(version))
        .withColumn(
            "valid_to", F.when(F.col(DELETED), F.col("valid_from")).otherwise(F.col("_next"))
        )
        # 4. Current: known last, of the last version, and not deleted.
        .withColumn("is_current", F.col("known_to").isNull() & is_last_version & ~F.col(DELETED))
        .drop("_next", DELETED)
    )


def unsound(history: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """Keys with two current rows, or with a gap or an overlap between versions as known last.

    Grain: one row a key, no row twice; a table that this module wrote has none.
    """
    latest = Window.partitionBy(*keys, F.col("known_to").isNull()).orderBy("valid_from")
    following = F.lead(F.struct("valid_from")).over(latest)
    next_begin = F.col("_following")["valid_from"]
    is_last = F.col("_following").isNull()
    ends_wrong = ~is_deletion() & ~F.col("valid_to").eqNullSafe(next_begin)
    is_twice = ~is_last & next_begin.eqNullSafe(F.col("valid_from"))
    state_wrong = ~F.col("is_current").eqNullSafe(is_last & ~is_deletion())
    is_wrong = F.when(F.col("known_to").isNull(), ends_wrong | is_twice | state_wrong).otherwise(
        F.coalesce("is_current", F.lit(True))
    )
    return history.withColumn("_following", following).where(is_wrong).select(*keys).distinct()


def _last_words(told: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """The last word of each day on each version, less those that repeat the one before.

    Only the last word of a day can be a repeat, so the days are settled first: with ``b`` on day 1
    and both ``a`` and ``b`` on day 2, day 2 says ``b`` and nothing new.
    """
    content = F.struct(*content_columns(told, keys), DELETED)
    mark = [ARRIVED] if ARRIVED in told.columns else []
    ordered = Window.partitionBy(*keys, "valid_from").orderBy("known_from", content, *mark)
    is_outdone = F.lead("known_from").over(ordered).eqNullSafe(F.col("known_from"))
    repeats = content.eqNullSafe(F.lag(content).over(ordered))
    settled = told.withColumn("_outdone", is_outdone).where("NOT _outdone").drop("_outdone")
    return settled.withColumn("_repeats", repeats).where("NOT _repeats").drop("_repeats")


def _last_words_still_known(told: DataFrame, *, keys: Sequence[str]) -> DataFrame:
    """``_last_words`` of events that may be said until a day only.

    On each day on which an event begins or ends, the last word among those that are still said;
    where none is, a row that is ``_retracted``: the version is not known from that day on, and has
    in the end rows with a ``known_to`` alone. Told Ripe on day 1, and Ribe on day 3 by a file that
    another content replaced on day 6, a version is Ripe, Ribe since day 3, and Ripe since day 6.
    """
    version = [*keys, "valid_from"]
    says = [*content_columns(told, keys), DELETED]
    mark = [ARRIVED] if ARRIVED in told.columns else []
    event = F.struct("known_from", F.struct(*says).alias("_says"), *mark, KNOWN_UNTIL)
    ends = F.filter(F.col(f"_events.{KNOWN_UNTIL}"), lambda day: day.isNotNull())
    days = F.array_distinct(F.concat(F.col("_events.known_from"), ends))
    said = F.filter(
        "_events",
        lambda e: (
            (e["known_from"] <= F.col("_day"))
            & F.coalesce(e[KNOWN_UNTIL] > F.col("_day"), F.lit(True))
        ),
    )
    begins = F.col("_word.known_from") == F.col("_day")
    in_order = Window.partitionBy(*version).orderBy("known_from")
    repeats = F.col("_word._says").eqNullSafe(F.lag("_word._says").over(in_order))
    return (
        told.groupBy(*version)
        .agg(F.collect_list(event).alias("_events"))
        .withColumn("_day", F.explode(days))
        .select(*version, "_day", F.array_max(said).alias("_word"))
        .withColumn("known_from", F.col("_day"))
        .withColumn("_repeats", repeats)
        .where("NOT _repeats")
        .select(
            *version,
            "known_from",
            *[F.col(f"_word._says.{name}").alias(name) for name in says],
            *[(F.col(f"_word.{name}") & begins).alias(name) for name in mark],
            F.col("_word").isNull().alias(_RETRACTED),
        )
        .select(*columns_of(told, but=(KNOWN_UNTIL,)), _RETRACTED)
    )


def is_deletion() -> Column:
    """Whether a row of a history deletes its key; a row with NULL in ``valid_from`` does not."""
    return F.col("valid_to").isNotNull() & F.col("valid_to").eqNullSafe(F.col("valid_from"))


def content_columns(rows: DataFrame, keys: Sequence[str], *, but: Sequence[str] = ()) -> list[str]:
    """What a row says: all but its key, its place in the history and the library's marks."""
    return columns_of(rows, but=(*keys, *HISTORY, DELETED, ARRIVED, KNOWN_UNTIL, *but))
