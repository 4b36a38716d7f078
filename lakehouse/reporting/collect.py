"""Reads the warehouse for the report. Spark aggregates; only what a page shows is fetched."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.config.pipeline import PHASES, Pipeline
from lakehouse.ml.run_summary import RunSummary
from lakehouse.quality.rules import Suite
from lakehouse.reporting.collect_gold import gold_table, scores
from lakehouse.reporting.collect_quarantine import quarantine_reasons
from lakehouse.reporting.data import DeclaredTable, ReportData, RuleResult, RunRow
from lakehouse.reporting.model_card import model_card

RUNS = "ops.runs"
RUNS_KEPT = 60


class Reader(Protocol):
    """Whoever gives the pipeline's tables by name."""

    def read(self, table: str) -> DataFrame:
        """The table, whole, as it is now."""

    def exists(self, table: str) -> bool:
        """Whether the table has been written."""


def collect(
    reader: Reader,
    pipeline: Pipeline,
    *,
    env: str,
    suites: Iterable[Suite | None] = (),
    facts: RunSummary | None = None,
) -> ReportData:
    """All that the report says of a pipeline. ``facts`` are those of the champion, if there is one.

    Tables that were never written are named in ``missing`` and otherwise left out.
    """
    model = pipeline.model
    runs = None
    if reader.exists(RUNS):
        runs = reader.read(RUNS).where(F.col("pipeline") == pipeline.name)
    shown = [table for phase in PHASES for table in pipeline.gold_in_order(phase=phase)]
    late = {table.table for table in pipeline.gold_in_order(phase="score")}
    there = [table for table in shown if reader.exists(table.table)]
    return ReportData(
        pipeline=pipeline.name,
        description=pipeline.info.description,
        env=env,
        owner=pipeline.info.owner,
        tables=declared_tables(pipeline),
        runs=run_rows(runs) if runs is not None else (),
        quarantine=quarantine_reasons(reader.read, _with_quarantine(runs), suites),
        gold=tuple(gold_table(reader.read(t.table), t, on_scores=t.table in late) for t in there),
        model=model_card(facts, model.description) if facts and model else None,
        expects_model=model is not None,
        scores=scores(reader.read(model.scores.current), model)
        if model and reader.exists(model.scores.current)
        else None,
        missing=tuple(table.table for table in shown if table not in there),
    )


def declared_tables(pipeline: Pipeline) -> tuple[DeclaredTable, ...]:
    """Every table that a daily step refreshes, with that step."""
    late = {table.table: phase for phase in PHASES for table in pipeline.gold_in_order(phase=phase)}
    steps = (
        ("ingest", pipeline.bronze), ("refine", pipeline.silver), ("aggregate", pipeline.gold),
        ("features", {**pipeline.features, **pipeline.labels}),
    )  # fmt: skip
    found = [
        DeclaredTable(name, late.get(name, step), table.description)
        for step, tables in steps
        for name, table in tables.items()
    ]
    found += [DeclaredTable(name, "score") for name in pipeline.predictions()]
    return tuple(found)


def run_rows(runs: DataFrame) -> tuple[RunRow, ...]:
    """The newest refreshes of each table and step; the rules' results of the newest one only."""
    newest = Window.partitionBy("step", "table").orderBy(
        F.desc("started_at"), F.desc("date"), F.desc("run_id")
    )
    ranked = runs.withColumn("_rank", F.row_number().over(newest))
    kept = ranked.where(F.col("_rank") <= RUNS_KEPT).withColumn(
        "rules", F.when(F.col("_rank") == 1, F.col("rules"))
    )
    ordered = kept.drop("_rank").orderBy("started_at", "step", "table", "run_id")
    return tuple(_run(row.asDict()) for row in ordered.collect())


def _run(row: dict[str, Any]) -> RunRow:
    names = (
        *("rows_input", "rows_read", "rows_written", "rows_quarantined", "rows_superseded"),
        "rows_rescued",
    )
    counts: dict[str, Any] = {name: row.get(name) or 0 for name in names}
    return RunRow(
        **counts,
        run_id=row["run_id"],
        step=row["step"],
        table=row["table"],
        date=row["date"],
        status=row["status"],
        start_date=row.get("start_date"),
        started_at=row.get("started_at"),
        seconds=row.get("seconds") or 0.0,
        message=row.get("message") or "",
        git_sha=row.get("git_sha") or "",
        rules=rule_results(row.get("rules")),
    )


def rule_results(text: str | None) -> tuple[RuleResult, ...]:
    """The results that a run's record keeps as JSON; none for text that is no such list."""
    try:
        found = json.loads(text or "[]")
    except json.JSONDecodeError:
        return ()
    return tuple(_rule_result(one) for one in found if isinstance(one, dict) and one.get("rule"))


def _rule_result(one: dict[str, Any]) -> RuleResult:
    day = one.get("day")
    return RuleResult(
        rule=str(one["rule"]),
        severity=str(one.get("severity", "critical")),
        day=date.fromisoformat(day) if day else None,
        rows=int(one.get("rows") or 0),
        passed=one.get("passed"),
        mostly=float(one.get("mostly") or 1.0),
        ok=bool(one.get("ok")),
    )


def _with_quarantine(runs: DataFrame | None) -> list[str]:
    """The tables of which any refresh ever quarantined a row."""
    if runs is None:
        return []
    rows = runs.where(F.col("rows_quarantined") > 0).select("table").distinct().collect()
    return sorted(row[0] for row in rows)
