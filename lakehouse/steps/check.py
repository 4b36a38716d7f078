"""Check: gate tables, or a folder of files, by their expectations. For CI; writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import GateFailed, UsageError
from lakehouse.layers.lake import Lake
from lakehouse.quality import results
from lakehouse.quality.folders import read_folder
from lakehouse.quality.results import RuleResult
from lakehouse.quality.rules import check_columns
from lakehouse.quality.suites import load_suite
from lakehouse.quality.verdicts import verdict_of
from lakehouse.steps.choosing import chosen
from lakehouse.steps.progress import Progress


def tables(lake: Lake, names: Sequence[str] | None, progress: Progress) -> list[RuleResult]:
    """Gate the tables that have expectations and rows; of ``scd2`` tables the current rows.

    Raises GateFailed, with a line a rule, when a critical rule does not hold.
    """
    declared = [t for t in chosen(lake.pipeline.computed(), names) if t.expectations]
    there = [table for table in declared if lake.tables.exists(table.table)]
    if not there:
        raise UsageError(
            "no table to check: none with expectations has been written",
            where=lake.tables.root(),
            hint="run the steps first, or gate files with --files DIR --suite FILE",
        )
    progress.step("check", len(there))
    found: list[RuleResult] = []
    stopping: list[str] = []
    for table in there:
        rows = _rows(lake, table.table)
        suite = lake.suite(table)
        check_columns(suite, rows.columns)
        found += _said(table.table, verdict_of(rows, suite), progress, stopping)
    _stop(stopping)
    return found


def _rows(lake: Lake, table: str) -> DataFrame:
    """What the rules see: of a history its current rows, with the day that each became known."""
    rows = lake.tables.read(table)
    silver = lake.pipeline.silver.get(table)
    if silver is None or silver.write != "scd2":
        return rows
    return rows.where("is_current").withColumn("_known_date", F.col("known_from"))


def files(
    lake: Lake, folder: Path, suite_file: Path | None, progress: Progress
) -> list[RuleResult]:
    """Gate the files of a folder by a suite. Raises GateFailed when a critical rule fails."""
    if suite_file is None:
        raise UsageError("which expectations?", where="--files", hint="add --suite FILE.json")
    if not suite_file.is_file():
        raise UsageError(f"there is no file '{suite_file}'", where="--suite")
    suite = load_suite(suite_file)
    rows = read_folder(lake.spark, folder)
    check_columns(suite, rows.columns)
    progress.step("check", 1)
    stopping: list[str] = []
    found = _said(str(folder), verdict_of(rows, suite), progress, stopping)
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
