"""Replaced files stay replaced after a lost ledger, a restore, a gate and a damaged file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from replaced import (
    INGEST,
    NEW,
    OLD,
    PAST,
    REFINE,
    SAID,
    Rows,
    as_known,
    declared,
    everything,
    forget_files,
    say,
    set_policy,
    texts_of,
)
from till import MON, TUE, WED, Till, command, not_null, rows, run, sale, sql


def test_a_ledger_that_is_lost_is_rebuilt_from_the_commits_of_bronze(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.every")
    path = f"sales/{MON}/part-0.jsonl"
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    say(till, *NEW)
    (outcome,) = run(till, spark, WED, steps=INGEST)
    (record,) = till.shop(spark).read("ops.files").collect()
    (load,) = json.loads(record["replaced"]).items()
    assert load[1] == WED
    assert (record["path"], str(record["known_date"]), record["rows"]) == (path, WED, 3)
    forget_files(till, spark)
    # As after a crash between the commit of bronze and the ledger: nothing comes in again.
    assert run(till, spark, WED, steps=INGEST)[0].status == "skipped"
    (rebuilt,) = till.shop(spark).read("ops.files").collect()
    known = ("path", "content_hash", "known_date", "rows", "replaced", "outcome")
    assert [rebuilt[name] for name in known] == [record[name] for name in known]
    run(till, spark, WED, steps=REFINE)
    assert rows(till, spark, "silver.every", *SAID) == texts_of(NEW)
    assert outcome.status == "passed"


@dataclass(frozen=True)
class Replaced:
    """A table of each kind after its file was replaced on Wednesday: what was known on Monday, and
    what the tables hold."""

    till: Till
    past: dict[tuple[str, str], Rows]
    held: dict[str, Any]


@pytest.fixture(scope="module")
def replaced(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str
) -> Replaced:
    till = declared(tmp_path_factory.mktemp("replaced"))
    say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    past = as_known(till, spark, MON)
    say(till, *NEW)
    run(till, spark, WED, steps=["ingest", "refine"])
    return Replaced(till, past, everything(till, spark))


def test_a_restored_table_is_brought_up_to_date_and_sees_no_row_twice(
    tmp_path: Path, spark: SparkSession, replaced: Replaced
) -> None:
    till = replaced.till.copied(tmp_path)
    # As after a crash between the replaced rows and the table.
    for table in PAST:
        sql(till, spark, "RESTORE TABLE {} TO VERSION AS OF 0", table)
    assert as_known(till, spark, MON) == replaced.past
    run(till, spark, WED, steps=REFINE)
    assert everything(till, spark) == replaced.held


def test_a_content_that_a_gate_stopped_is_out_of_the_way_once_it_is_replaced(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.keyed")
    till.declare(
        "silver/keyed.yml",
        (till.conf / "pipelines" / "tiny" / "silver" / "keyed.yml").read_text()
        + "expectations: silver.keyed\n",
    )
    till.suite("silver.keyed", not_null("customer", "customer_is_known"))
    say(till, sale("S1", MON, customer=None), sale("S2", MON))
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 1
    say(till, sale("S1", MON), sale("S2", MON))
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 0
    assert rows(till, spark, "silver.keyed", "sale") == [("S1",), ("S2",)]


def test_a_content_that_cannot_be_read_replaces_nothing_and_the_one_after_it_does(
    tmp_path: Path, spark: SparkSession, privacy_key: str
) -> None:
    till = declared(tmp_path, "silver.every", "silver.newest")
    file = say(till, *OLD)
    run(till, spark, MON, steps=["ingest", "refine"])
    file.write_text("not a line of JSON\n" * 4)
    assert command(till, spark, "run", "--date", TUE, "--steps", "ingest,refine") == 1
    assert rows(till, spark, "silver.every", *SAID) == texts_of(OLD)
    say(till, *NEW)
    assert command(till, spark, "run", "--date", WED, "--steps", "ingest,refine") == 0
    assert rows(till, spark, "silver.every", *SAID) == texts_of(NEW)
    assert rows(till, spark, "silver.newest", *SAID) == texts_of(NEW)


@pytest.mark.parametrize("policy", ["reject", "new_version"])
def test_what_was_replaced_stays_replaced_under_another_policy(
    tmp_path: Path, spark: SparkSession, replaced: Replaced, policy: str
) -> None:
    till = replaced.till.copied(tmp_path)
    set_policy(till, policy)
    run(till, spark, WED, steps=["ingest", "refine"], full_refresh=True)
    assert everything(till, spark) == replaced.held
    run(till, spark, WED, steps=["refine"], full_refresh=True, drop_orphans=True)
    assert everything(till, spark) == replaced.held
