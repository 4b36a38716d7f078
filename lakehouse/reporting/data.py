"""What the report is made of: small frozen records, free of Spark and of places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

from lakehouse.config.charts import Chart
from lakehouse.refresh.run_record import Day, RunRecord
from lakehouse.reporting.monitored.series import Monitored

if TYPE_CHECKING:
    from lakehouse.reporting.model.examined import Examined

PredictionKind = Literal["probabilities", "classes", "numbers"]


@dataclass(frozen=True)
class DeclaredTable:
    """A table that the pipeline declares, the step that refreshes it, and what it reads.

    ``exists`` says whether the table has ever been written.
    """

    name: str
    step: str
    description: str = ""
    inputs: tuple[str, ...] = ()
    exists: bool = True


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
class QuarantinedRows:
    """Rows of one table that became known on ``day`` and are in quarantine now. A row counts once;
    ``day`` is None for rows without a day."""

    table: str
    day: Day | None
    rows: int


@dataclass(frozen=True)
class Series:
    """The points of one chart. Grain of ``points``: one row per group and period, with the columns
    ``by``, ``over``, then ``_m0``, ``_m1``, … for the measures in their order, and ``_size``.

    ``_size`` ranks the groups: rows by weight, else by the first measure. ``groups`` counts all of
    them, also those that ``points`` leaves out. ``problem`` says why there is nothing to draw.
    """

    chart: Chart
    points: pd.DataFrame
    groups: int = 0
    problem: str = ""


@dataclass(frozen=True)
class GoldTable:
    """A gold table as the page shows it: its charts, and its newest or first rows as ``numbers``.

    ``rows`` is the size of the whole table. ``until`` is the last day of the data behind it: a
    period that ends later is not over. ``on_scores`` marks a table built on predictions.
    """

    name: str
    description: str
    numbers: pd.DataFrame
    series: tuple[Series, ...] = ()
    rows: int = 0
    until: Day | None = None
    week_starts: str = "monday"
    on_scores: bool = False


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
class Confusion:
    """Test rows by true class (outer) and predicted class (inner), in the order of ``classes``."""

    classes: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ModelCard:
    """The registered model that scores: what it is, what it was trained on, how good it is.

    ``metrics`` starts with the metric that chose the model; ``facts`` are label and value;
    ``importance`` is what the metric loses when a feature is shuffled, largest first. ``actual``
    has predicted numbers against what came true, ``confusion`` classes. ``examined`` has slices,
    days and errors; None for a version that was registered before these were recorded.
    """

    name: str
    version: str
    description: str = ""
    candidate: str = ""
    metrics: tuple[MetricRow, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    calibration: tuple[Calibration, ...] = ()
    importance: tuple[tuple[str, float], ...] = ()
    actual: tuple[Calibration, ...] = ()
    confusion: Confusion | None = None
    examined: Examined | None = None


@dataclass(frozen=True)
class ExpectedValue:
    """The expected value of a day's predictions: its sum over the ``rows`` that have one, and the
    largest as entity (a token), probability and expected value, largest first. ``of`` is the column
    that the probability is multiplied by."""

    of: str
    total: float
    rows: int
    top: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True)
class Scores:
    """Predictions of the day ``as_of``: how many fall in each of equal bins from ``low`` to
    ``high``, or in each of ``classes``. For ``probabilities``, the bins are from 0 to 1."""

    table: str
    as_of: Day | None
    counts: tuple[int, ...]
    entity: str = "rows"
    description: str = ""
    version: str = ""
    kind: PredictionKind = "probabilities"
    low: float = 0.0
    high: float = 1.0
    classes: tuple[str, ...] = ()
    expected: ExpectedValue | None = None

    @property
    def total(self) -> int:
        """How many were scored."""
        return sum(self.counts)


@dataclass(frozen=True)
class ReportData:
    """All that the page says. ``runs`` in any order; nothing here depends on the clock.

    ``steps`` are all registered steps in order. ``demands`` has what each rule demands in words,
    by table and rule id.
    """

    pipeline: str
    description: str = ""
    env: str = ""
    owner: str = ""
    steps: tuple[str, ...] = ()
    tables: tuple[DeclaredTable, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    quarantine: tuple[QuarantineReason, ...] = ()
    quarantined: tuple[QuarantinedRows, ...] = ()
    demands: Mapping[tuple[str, str], str] = field(default_factory=dict)
    gold: tuple[GoldTable, ...] = ()
    model: ModelCard | None = None
    expects_model: bool = False
    scores: Scores | None = None
    monitored: Monitored | None = None
    missing: tuple[str, ...] = field(default=())

    @property
    def newest_day(self) -> Day | None:
        """The newest business day of any refresh; fresh and stale are told against it."""
        return max((run.date for run in self.runs), default=None)
