"""A file that changes is loaded as often as it has new content, whatever came between."""

from __future__ import annotations

from pathlib import Path

import pytest
import shop as s
from pyspark.sql import SparkSession
from replaced import declared, set_policy
from till import MON, SALES, TUE, WED, Till, by_table, rows, run, sale

from lakehouse.steps import running

pytestmark = pytest.mark.usefixtures("privacy_key")
STEPS = ["ingest", "refine"]
EVERY = "silver.every"


def say(till: Till, *content: str) -> Path:
    """Monday's file, for the first time or with another content."""
    return till.land("sales", MON, *[sale(number, MON) for number in content])


def sales(till: Till, spark: SparkSession) -> list[str]:
    return [number for (number,) in rows(till, spark, EVERY, "sale")]


def run_until_the_commit(till: Till, spark: SparkSession, day: str) -> None:
    """An ingest that ends after bronze's commit, before the files are recorded."""

    class KilledError(BaseException):
        """The process is killed."""

    def kill(*_: object, **__: object) -> None:
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "write_records", kill)
        with pytest.raises(KilledError):
            run(till, spark, day, steps=["ingest"])


def test_a_content_that_is_back_after_a_bad_one_is_not_added_again(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declared(tmp_path, EVERY, policy="new_version")
    say(till, "S1", "S2")
    run(till, spark, MON, steps=STEPS)
    s.written(say(till, "S1"), "not a sale\n")
    assert by_table(run(till, spark, TUE, steps=STEPS))["bronze.sales"].status == "failed"
    say(till, "S1", "S2", "S3")
    run(till, spark, WED, steps=STEPS)
    assert sales(till, spark) == ["S1", "S2", "S3"]


@pytest.mark.parametrize("policy", ["reject", "new_version", "replace"])
def test_a_file_that_was_filled_by_a_killed_run_is_loaded_once(
    spark: SparkSession, tmp_path: Path, policy: str
) -> None:
    till = declared(tmp_path, EVERY)
    till.bronze("sales", SALES, "csv")
    set_policy(till, policy)
    file = s.written(till.landing / "sales" / f"{MON}.csv", "sale,customer,day,amount\n")
    run(till, spark, MON, steps=STEPS)
    s.written(file, f"sale,customer,day,amount\nS1,C1,{MON},1.00\n")
    run_until_the_commit(till, spark, TUE)
    outcomes = by_table(run(till, spark, TUE, steps=STEPS))
    assert outcomes["bronze.sales"].status == "skipped"
    assert rows(till, spark, "bronze.sales", "sale") == [("S1",)]
    assert sales(till, spark) == ["S1"]


def test_a_new_version_that_a_killed_run_loaded_is_loaded_once(
    spark: SparkSession, tmp_path: Path
) -> None:
    till = declared(tmp_path, EVERY, policy="new_version")
    say(till, "S1")
    run(till, spark, MON, steps=STEPS)
    say(till, "S1", "S2")
    run_until_the_commit(till, spark, TUE)
    run(till, spark, TUE, steps=STEPS)
    bronze = [number for (number,) in rows(till, spark, "bronze.sales", "sale")]
    assert bronze == ["S1", "S1", "S2"]
    assert sales(till, spark) == ["S1", "S2"]
