"""What the report is made of: small frozen records, free of Spark and of places."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

import pandas as pd

Day: TypeAlias = date
"""A business day; a record's own `date` would hide the type's name."""


@dataclass(frozen=True)
class RuleResult:
    """A rule on the rows of one business day; ``mostly`` is the share (0 to 1) that must pass.

    ``passed`` is None for a rule that has a verdict and no count.
    """

    rule: str
    severity: str
    day: Day | None
    rows: int
    passed: int | None
    mostly: float
    ok: bool


@dataclass(frozen=True)
class RunRow:
    """One refresh of one table, for the days ``start_date`` to ``date``."""

    run_id: str
    step: str
    table: str
    date: Day
    status: str
    start_date: Day | None = None
    started_at: datetime | None = None
    seconds: float = 0.0
    rows_input: int = 0
    rows_read: int = 0
    rows_written: int = 0
    rows_quarantined: int = 0
    rows_superseded: int = 0
    rows_rescued: int = 0
    message: str = ""
    git_sha: str = ""
    rules: tuple[RuleResult, ...] = ()

    def covers(self, day: Day) -> bool:
        """Whether ``day`` is one of the refresh's business days."""
        return (self.start_date or self.date) <= day <= self.date


@dataclass(frozen=True)
class DeclaredTable:
    """A table that the pipeline declares, and the step that refreshes it."""

    name: str
    step: str
    description: str = ""


@dataclass(frozen=True)
class QuarantineReason:
    """Rows of one table that failed one rule. A row that failed two rules counts in both.

    ``newest`` are those of ``last_day``; ``demand`` is the rule in words, ``notes`` its reason
    as the suite gives it.
    """

    table: str
    rule: str
    rows: int
    last_day: Day | None = None
    newest: int = 0
    severity: str = "critical"
    demand: str = ""
    notes: str = ""


@dataclass(frozen=True)
class GoldTable:
    """A gold table cut to what a chart can show; one row a combination of ``keys``.

    ``time`` names the key that is a day, week, month, quarter or year. ``summable`` names the
    measures that may be added up over keys (a distinct count may not). ``totals`` has the
    summable measures for each ``time``, over all groups, also those that ``frame`` leaves out.
    ``rows`` is the size of the whole table. ``on_scores`` marks a table built on predictions.
    """

    name: str
    description: str
    frame: pd.DataFrame
    keys: tuple[str, ...]
    time: str | None = None
    summable: frozenset[str] = frozenset()
    totals: pd.DataFrame | None = None
    rows: int = 0
    groups: int = 0
    on_scores: bool = False
    source: str = ""


@dataclass(frozen=True)
class Interval:
    """A figure with its interval, where it has one; ``chosen`` marks the registered model's."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    chosen: bool = False


@dataclass(frozen=True)
class MetricRow:
    """One metric: each candidate's figure, and the chosen one's lead over each baseline."""

    name: str
    candidates: tuple[Interval, ...]
    leads: tuple[Interval, ...] = ()
    better: str = "higher"


@dataclass(frozen=True)
class Calibration:
    """A group of test rows with about the same score: its mean score and what came true."""

    score: float
    rate: float
    rows: int


@dataclass(frozen=True)
class ModelCard:
    """The registered model that scores: what it is, what it was taught on, how good it is.

    ``metrics`` starts with the metric that chose the model; ``facts`` are label and value;
    ``importance`` is what the metric loses when a feature is shuffled, largest first.
    """

    name: str
    version: str
    description: str = ""
    candidate: str = ""
    metrics: tuple[MetricRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    calibration: tuple[Calibration, ...] = ()
    importance: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Scores:
    """Probabilities of the day ``as_of``: how many fall in each of equal bins from 0 to 1."""

    table: str
    as_of: Day | None
    counts: tuple[int, ...]
    entity: str = "rows"
    description: str = ""
    version: str = ""

    @property
    def total(self) -> int:
        """How many were scored."""
        return sum(self.counts)


@dataclass(frozen=True)
class ReportData:
    """All that the page says. ``runs`` in any order; nothing here depends on the clock."""

    pipeline: str
    description: str = ""
    env: str = ""
    owner: str = ""
    tables: tuple[DeclaredTable, ...] = ()
    runs: tuple[RunRow, ...] = ()
    quarantine: tuple[QuarantineReason, ...] = ()
    gold: tuple[GoldTable, ...] = ()
    model: ModelCard | None = None
    expects_model: bool = False
    scores: Scores | None = None
    missing: tuple[str, ...] = field(default=())

    @property
    def newest_day(self) -> Day | None:
        """The newest business day of any refresh; fresh and stale are told against it."""
        return max((run.date for run in self.runs), default=None)
