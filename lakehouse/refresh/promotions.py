"""``ops.promotions``, append-only: every decision on which version of a model is the champion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pyspark.sql import functions as F

from lakehouse.storage import writes
from lakehouse.storage.failures import failures_of
from lakehouse.storage.locks import table_lock
from lakehouse.storage.tables import Tables

PROMOTIONS = "ops.promotions"
Action = Literal["promote", "keep", "rollback"]
_SCHEMA = (
    "run_id string, pipeline string, model string, action string, from_version int, "
    "to_version int, reason string, numbers string, decided_by string, decided_at timestamp"
)


@dataclass(frozen=True)
class Signature:
    """Who decides, when, and in which run. ``decided_by`` is empty where it is not known."""

    run_id: str
    pipeline: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True)
class Promotion:
    """A decision. Grain: one per run and model.

    ``from_version`` is the champion before, None without one. ``to_version`` is the version that
    was decided on: with ``promote`` and ``rollback`` it becomes the champion, with ``keep`` it
    stays challenger.
    """

    model: str
    action: Action
    from_version: int | None
    to_version: int
    reason: str
    signed: Signature
    numbers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def moves_champion(self) -> bool:
        """Whether ``to_version`` becomes the champion."""
        return self.action in ("promote", "rollback")

    def describe(self) -> str:
        """``v2 of shop_churn in place of v1 (promote: the reason)``."""
        before = "" if self.from_version is None else f" in place of v{self.from_version}"
        text = f"v{self.to_version} of {self.model}{before if self.moves_champion else ''}"
        return f"{text} ({self.action}: {self.reason})"

    def to_row(self) -> dict[str, Any]:
        """The values by column of ``ops.promotions``; the numbers are JSON."""
        row = asdict(self)
        row |= row.pop("signed")
        return row | {"numbers": json.dumps(dict(self.numbers), sort_keys=True)}

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Promotion:
        """The decision of a row whose ``decided_at`` is aware, or a text in UTC."""
        at = row["decided_at"]
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        names = ("model", "action", "from_version", "to_version", "reason")
        signed = Signature(row["run_id"], row["pipeline"], row["decided_by"] or "", at)
        numbers = json.loads(row["numbers"] or "{}")
        return cls(**{name: row[name] for name in names}, signed=signed, numbers=numbers)


@dataclass(frozen=True)
class PromotionTable:
    """``ops.promotions`` of one warehouse."""

    tables: Tables

    def read(self, model: str) -> list[Promotion]:
        """The decisions on a registered model, in the order in which they were made."""
        if not self.tables.exists(PROMOTIONS):
            return []
        with failures_of(PROMOTIONS):
            rows = self.tables.read(PROMOTIONS).where(F.col("model") == F.lit(model))
            # As text: a datetime would pass through the time zone of this process.
            texts = rows.orderBy("decided_at", "run_id").withColumn(
                "decided_at", F.col("decided_at").cast("string")
            )
            return [Promotion.from_row(row.asDict()) for row in texts.collect()]

    def append(self, promotion: Promotion) -> None:
        """Append a decision. The caller holds the lock."""
        row = promotion.to_row()
        names = [column.split()[0] for column in _SCHEMA.split(", ")]
        values = [tuple(row[name] for name in names)]
        with failures_of(PROMOTIONS):
            frame = self.tables.spark.createDataFrame(values, _SCHEMA).coalesce(1)
            writes.append_records(self.tables, PROMOTIONS, frame, {"run_id": row["run_id"]})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the table: decisions are made one at a time."""
        with table_lock(self.tables, PROMOTIONS):
            yield
