"""Reads the warehouse for the report. Spark aggregates; only what a page shows is fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.config.pipeline import PHASES, Pipeline
from lakehouse.ml.run_summary import RunSummary
from lakehouse.quality.rule_words import demands
from lakehouse.quality.rules import Suite
from lakehouse.refresh.run_record import RunRecord
from lakehouse.reporting.data import DeclaredTable, GoldTable, ReportData
from lakehouse.reporting.gold.collect import gold_table, scores
from lakehouse.reporting.gold.last_day import last_day
from lakehouse.reporting.model.card import model_card
from lakehouse.reporting.monitored.collect import monitored
from lakehouse.reporting.quarantine.collect import count_quarantined
from lakehouse.reporting.reader import Reader
from lakehouse.reporting.runs.collect import run_records
from lakehouse.storage.records import RUNS


def collect(
    reader: Reader,
    pipeline: Pipeline,
    *,
    env: str,
    steps: Mapping[str, Sequence[str]],
    suites: Mapping[str, Suite] | None = None,
    facts: RunSummary | None = None,
) -> ReportData:
    """All that the report says of a pipeline.

    ``steps`` has the tables that each step refreshes, in the order of the steps. ``suites`` are by
    table; ``facts`` those of the champion, if there is one. Gold tables that were
    never written are named in ``missing`` and otherwise left out.
    """
    model, suites = pipeline.model, suites or {}
    history = None
    if reader.exists(RUNS):
        is_shown = (F.col("pipeline") == pipeline.name) & (F.col("step") != "maintain")
        history = reader.read(RUNS).where(is_shown)
    runs = run_records(history) if history is not None else ()
    reasons, rows = count_quarantined(reader, _with_quarantine(history), suites)
    gold, missing = _collect_gold(pipeline, reader, runs)
    is_scored = model is not None and reader.exists(model.scores.current)
    return ReportData(
        pipeline=pipeline.name,
        description=pipeline.info.description,
        env=env,
        owner=pipeline.info.owner,
        steps=tuple(steps),
        tables=tuple(declared_tables(pipeline, reader, steps)),
        runs=runs,
        quarantine=reasons,
        quarantined=rows,
        demands=dict(_demands(suites)),
        gold=gold,
        model=model_card(facts, model.description) if facts and model else None,
        expects_model=model is not None,
        scores=scores(reader.read(model.scores.current), model) if model and is_scored else None,
        monitored=(
            monitored(reader, model.registered_name(pipeline.name), model.monitoring)
            if model
            else None
        ),
        missing=missing,
    )


def _collect_gold(
    pipeline: Pipeline, reader: Reader, runs: Sequence[RunRecord]
) -> tuple[tuple[GoldTable, ...], tuple[str, ...]]:
    """The gold tables in the order of their refresh, and the names of those never written."""
    late = {table.table for table in pipeline.gold_in_order(phase="score")}
    gold: list[GoldTable] = []
    missing: list[str] = []
    for table in (table for phase in PHASES for table in pipeline.gold_in_order(phase=phase)):
        name = table.table
        if not reader.exists(name):
            missing.append(name)
            continue
        until = last_day(name, pipeline, reader, runs)
        gold.append(gold_table(reader.read(name), table, until=until, on_scores=name in late))
    return tuple(gold), tuple(missing)


def declared_tables(
    pipeline: Pipeline, reader: Reader, steps: Mapping[str, Sequence[str]]
) -> Iterator[DeclaredTable]:
    """Every table of a step, with that step and whether the table has been written."""
    declared = pipeline.tables()
    features = (pipeline.model.features.table,) if pipeline.model is not None else ()
    for step, names in steps.items():
        for name in names:
            table = declared.get(name)  # None for predictions, which read the features
            description = table.description if table is not None else ""
            inputs = tuple(getattr(table, "inputs", ())) if table is not None else features
            yield DeclaredTable(name, step, description, inputs, reader.exists(name))


def _demands(suites: Mapping[str, Suite]) -> Iterator[tuple[tuple[str, str], str]]:
    for table, suite in suites.items():
        for rule, words in demands(suite.rules).items():
            yield (table, rule), words


def _with_quarantine(runs: DataFrame | None) -> list[str]:
    """The tables of which any refresh ever quarantined a row."""
    if runs is None:
        return []
    rows = runs.where(F.col("rows_quarantined") > 0).select("table").distinct().collect()
    return sorted(row[0] for row in rows)
