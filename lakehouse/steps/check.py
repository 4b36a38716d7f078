"""Check: evaluate the expectations of tables, or of a folder of files. For CI; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import GateFailed, UsageError
from lakehouse.quality import results
from lakehouse.quality.evaluate import evaluate_all
from lakehouse.quality.folders import read_folder
from lakehouse.quality.rules import Suite, check_columns
from lakehouse.quality.suites import load_suite
from lakehouse.refresh.context import RunContext
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of
from lakehouse.steps.step import Request, Result


@dataclass(frozen=True)
class Check:
    """Rows and the suite that is evaluated on them."""

    name: str
    rows: DataFrame
    suite: Suite


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Evaluate the expectations of the folder in ``--files``, or of the tables.

    Raises GateFailed, with one line per rule, when a critical rule does not hold.
    """
    folder = request.options["files"]
    checks = _files(context, request) if folder else _tables(context, request)
    progress.step("check", len(checks))
    stopping = [result for check in checks for result in _evaluate_and_show(check, progress)]
    if stopping:
        number = len(stopping)
        rules = "1 critical rule does" if number == 1 else f"{number} critical rules do"
        raise GateFailed(f"{rules} not hold:\n" + "\n".join(stopping))
    return Result()


def _tables(context: RunContext, request: Request) -> list[Check]:
    """The tables that have expectations and rows. Raises UsageError where there are none."""
    tables = [
        table
        for name, table in context.pipeline.computed().items()
        if table.expectations and request.selects(name) and context.tables.exists(name)
    ]
    if not tables:
        raise UsageError(
            "no table to check: none with expectations has been written",
            where=context.tables.root(),
            hint=f"refresh them first: {context.command('run', days='--date …')}, or gate files "
            "with --files DIR --suite FILE",
        )
    compiler = compiler_of(context)
    return [
        Check(table.table, _rows(context, table.table), compiler.suite(table)) for table in tables
    ]


def _rows(context: RunContext, table: str) -> DataFrame:
    """The rows to check: of a history the current ones, with the day each became known."""
    rows = context.tables.read(table)
    silver = context.pipeline.silver.get(table)
    if silver is None or not silver.keeps_history:
        return rows
    return rows.where("is_current").withColumn("_known_date", F.col("known_from"))


def _files(context: RunContext, request: Request) -> list[Check]:
    folder, suite_file = request.options["files"], request.options["suite"]
    if suite_file is None:
        raise UsageError("missing --suite", where="--files", hint="add --suite FILE.json")
    if not suite_file.is_file():
        raise UsageError(f"file '{suite_file}' does not exist", where="--suite")
    suite = load_suite(suite_file)
    return [Check(str(folder), read_folder(context.spark, folder), suite)]


def _evaluate_and_show(check: Check, progress: Progress) -> list[str]:
    """Evaluate and show one check; return the lines of the rules that fail critically."""
    check_columns(check.suite, check.rows.columns)
    evaluated = evaluate_all(check.rows, check.suite)
    met = sum(result.ok for result in evaluated)
    progress.note(f"{check.name}  {met} of {len(evaluated)} rules hold")
    for line in results.message(evaluated, check.name).splitlines():
        progress.note(line)
    return [result.line(check.name) for result in results.stopping(evaluated)]
