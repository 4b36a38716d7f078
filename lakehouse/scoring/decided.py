"""Which of two predictions decides: the one that the current table takes.

    customer  as_of       model_version  role        decided  probability
    c1        2026-03-02  1              champion    true     0.81
    c1        2026-03-02  2              challenger  false    0.77
    c2        2026-03-02  1              champion    false    0.12
    c2        2026-03-02  2              challenger  true     0.20     c2 is in the canary

A day that is scored again is decided again. The rows of versions that have no part in it any more
are kept, without ``decided``: exactly one prediction per entity and day decides.
"""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.ml.registry import CHAMPION
from lakehouse.refresh.batch import Batch, DayBatch
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.gate import Checked
from lakehouse.refresh.write_modes.mode import Tag, Written
from lakehouse.refresh.write_modes.snapshot import Snapshot
from lakehouse.scoring.canary import is_in_canary
from lakehouse.scoring.roles import DECIDED, ROLE

CHALLENGER_MARK = "challenger"
"""The entry of a commit's tag with the challenger's version; None where none was written."""


def decide(
    champion: DataFrame, challenger: DataFrame | None, *, entity: str, share: float, model: str
) -> DataFrame:
    """The rows of both versions with ``decided`` after the role.

    An entity in the ``share`` of the canary is decided by the challenger, unless the challenger has
    no row for it; every other one by the champion.
    """
    if challenger is None:
        return _add_decided(champion, F.lit(True))
    if not share:
        champion = _add_decided(champion, F.lit(True))
        return champion.unionByName(_add_decided(challenger, F.lit(False)))
    is_in_share = is_in_canary(F.col(entity), share, model=model)
    challenger = _add_decided(challenger, is_in_share)
    taken = challenger.where(DECIDED).select(entity, "as_of", F.lit(True).alias("_taken"))
    joined = champion.join(taken, [entity, "as_of"], "left")
    rest = F.col("_taken").isNull().alias(DECIDED)
    others = joined.select(*champion.columns, rest)
    return challenger.unionByName(others)


def _add_decided(rows: DataFrame, decided: Column) -> DataFrame:
    at = rows.columns.index(ROLE) + 1
    return rows.select(*rows.columns[:at], decided.alias(DECIDED), *rows.columns[at:])


class ReplaceDecisions(Snapshot):
    """Replaces the days of the batch, and keeps the rows of other versions without ``decided``."""

    def write(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked, tag: Tag
    ) -> Written:
        """Replace the decisions of these days, in one commit."""
        written = [tag["model"][1], tag[CHALLENGER_MARK]]
        kept = _others(context, definition, batch, written)
        if kept is not None:
            rows = checked.rows.unionByName(kept, allowMissingColumns=True)
            checked = replace(checked, accepted=rows)
        return super().write(context, definition, batch, checked, tag)

    def table_after(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> DataFrame:
        """The stored rows of other days and versions, and the new rows."""
        after = super().table_after(context, definition, batch, rows)
        written = [batch.tag["model"][1], batch.tag[CHALLENGER_MARK]]
        kept = _others(context, definition, batch, written)
        if kept is None:
            return after
        return after.unionByName(kept, allowMissingColumns=True).select(*after.columns)


def _others(
    context: RunContext, definition: Definition, batch: Batch, written: list[int | None]
) -> DataFrame | None:
    """The stored rows of the batch's days by other versions than ``written``, which do not decide
    any more; None for a new table. Rows from before ``live`` was declared are the champion's."""
    if batch.is_full or not isinstance(batch, DayBatch):
        return None
    stored = context.tables.read(definition.name).where(batch.scope)
    numbers = [number for number in written if number is not None]
    others = stored.where(~F.col("model_version").isin(numbers))
    role = F.coalesce(F.col(ROLE), F.lit(CHAMPION)) if ROLE in stored.columns else F.lit(CHAMPION)
    return others.withColumns({ROLE: role, DECIDED: F.lit(False)})
