"""Figure ``gate``: 30 rules and the quarantine of the rows that fail, beside Great Expectations.

Both read the same persisted frame, and neither persists it again. Ours gives the verdict and writes
the rejected rows (to a sink that drops them); Great Expectations gives the verdict only
(BOOLEAN_ONLY), one expectation after the other, as it does by itself.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from benchmarks import gate_rules
from benchmarks.session import compute, open_session, print_pairs, time_pairs
from lakehouse.quality.suites import load_suite
from lakehouse.refresh.gate import check_rules


def main() -> None:
    """Measure both in turn, and say whether they agree."""
    spark, asked = open_session("gate", __doc__)
    frame = gate_rules.lines(spark, asked.rows).persist()
    frame.count()
    path = asked.folder / "suite.json"
    path.write_text(json.dumps(gate_rules.suite()))
    verdicts: dict[str, list[bool]] = {}
    pairs = time_pairs(
        lambda: verdicts.update(ours=_check(frame, path)),
        lambda: verdicts.update(theirs=_validate(frame, path)),
        asked.runs,
    )
    rules = len(verdicts["ours"])
    agree = sum(a == b for a, b in zip(verdicts["ours"], verdicts["theirs"], strict=True))
    print_pairs(pairs, f"{rules} rules, the same verdict of {agree}")


def _check(frame: DataFrame, path: Path) -> list[bool]:
    """The verdict of each rule in the order of the suite, once the rejected rows are written."""
    suite = load_suite(path)
    checked = check_rules(
        frame, suite, day=None, keep=lambda rows: rows, table_after=lambda rows: rows
    )
    if checked.rejected is not None:
        compute(checked.rejected)
    ok = {result.rule: result.ok for result in checked.verdict.results}
    return [ok[rule.id] for rule in suite.rules]


def _validate(frame: DataFrame, path: Path) -> list[bool]:
    """The verdict of each expectation by Great Expectations in a context of its own."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_spark("spark", persist=False)
    whole = source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")
    suite = gx.ExpectationSuite(**json.loads(path.read_text()))
    found = whole.get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
    ok = {result.expectation_config.meta["id"]: bool(result.success) for result in found.results}
    return [ok[one["meta"]["id"]] for one in json.loads(path.read_text())["expectations"]]


if __name__ == "__main__":
    main()
