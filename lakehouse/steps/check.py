"""Check: gate tables, or a folder of files, by their expectations. For CI; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import GateFailed, UsageError
from lakehouse.quality import results
from lakehouse.quality.evaluate import evaluate_all
from lakehouse.quality.folders import read_folder
from lakehouse.quality.results import RuleResult
from lakehouse.quality.rules import check_columns
from lakehouse.quality.suites import load_suite
from lakehouse.refresh.context import RunContext
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of


def tables(
    context: RunContext, names: Sequence[str] | None, progress: Progress
) -> list[RuleResult]:
    """Gate the tables that have expectations and rows; of ``scd2`` tables the current rows.

    Raises GateFailed, with a line a rule, when a critical rule does not hold.
    """
    declared = [
        table
        for name, table in context.pipeline.computed().items()
        if table.expectations and (names is None or name in names)
    ]
    there = [table for table in declared if context.tables.exists(table.table)]
    if not there:
        raise UsageError(
            "no table to check: none with expectations has been written",
            where=context.tables.root(),
            hint="run the steps first, or gate files with --files DIR --suite FILE",
        )
    progress.step("check", len(there))
    compiler = compiler_of(context)
    found: list[RuleResult] = []
    stopping: list[str] = []
    for table in there:
        rows = _rows(context, table.table)
        suite = compiler.suite(table)
        check_columns(suite, rows.columns)
        found += _said(table.table, evaluate_all(rows, suite), progress, stopping)
    _stop(stopping)
    return found


def _rows(context: RunContext, table: str) -> DataFrame:
    """What the rules see: of a history its current rows, with the day that each became known."""
    rows = context.tables.read(table)
    silver = context.pipeline.silver.get(table)
    if silver is None or not silver.keeps_history:
        return rows
    return rows.where("is_current").withColumn("_known_date", F.col("known_from"))


def files(
    context: RunContext, folder: Path, suite_file: Path | None, progress: Progress
) -> list[RuleResult]:
    """Gate the files of a folder by a suite. Raises GateFailed when a critical rule fails."""
    if suite_file is None:
        raise UsageError("which expectations?", where="--files", hint="add --suite FILE.json")
    if not suite_file.is_file():
        raise UsageError(f"there is no file '{suite_file}'", where="--suite")
    suite = load_suite(suite_file)
    rows = read_folder(context.spark, folder)
    check_columns(suite, rows.columns)
    progress.step("check", 1)
    stopping: list[str] = []
    found = _said(str(folder), evaluate_all(rows, suite), progress, stopping)
    _stop(stopping)
    return found


def _said(
    name: str, found: list[RuleResult], progress: Progress, stopping: list[str]
) -> list[RuleResult]:
    met = sum(result.ok for result in found)
    progress.note(f"{name}  {met} of {len(found)} rules hold")
    for line in results.message(found, name).splitlines():
        progress.note(line)
    stopping += [result.line(name) for result in results.stopping(found)]
    return found


def _stop(stopping: list[str]) -> None:
    if stopping:
        rules = (
            "1 critical rule does" if len(stopping) == 1 else f"{len(stopping)} critical rules do"
        )
        raise GateFailed(f"{rules} not hold:\n" + "\n".join(stopping))
