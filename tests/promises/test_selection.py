"""``--tables state:changed``: new tables and tables with another definition, in a session and on
the command line."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from till import COUNTED, DAILY, MON, TUE, Till, by_table, command, rows, run

CHANGED = "state:changed"


def doubled(till: Till) -> Till:
    twice = "SELECT day, n * 2 AS n FROM gold.daily"
    till.gold("doubled", twice, "source: gold.daily\nwrite: rebuild")
    return till


def test_only_what_changed_is_computed(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    doubled(till)
    till.sale("S1", MON)
    new = by_table(run(till, spark, MON, tables=[CHANGED]))
    assert list(new) == ["bronze.sales", "silver.sales", "gold.daily", "gold.doubled"]
    capsys.readouterr()

    assert command(till, spark, "run", "--date", MON, "--tables", CHANGED) == 0
    said = capsys.readouterr().out
    assert said == f"    nothing to do: {CHANGED} selects no table of 'run'\n"

    till.sale("S2", TUE)
    till.gold("daily", f"-- a comment is no change\n{DAILY}", "write: replace_keys\nkeys: [day]")
    assert run(till, spark, TUE, tables=CHANGED) == []

    till.gold("daily", DAILY.replace("sum(amount)", "max(amount)"), "write: rebuild")
    till.gold("counted", COUNTED, "write: replace_keys\nkeys: [customer]")
    changed = by_table(run(till, spark, TUE, tables=CHANGED))
    assert sorted(changed) == ["gold.counted", "gold.daily"]
    assert rows(till, spark, "gold.daily", "n") == [("1",)]
    assert rows(till, spark, "gold.counted") == [("C1", "1")]


def test_readers_of_what_changed_and_the_plan_follow_the_selection(
    monday: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till = doubled(monday)
    run(till, spark, MON, steps=["aggregate"])
    till.gold("daily", DAILY.replace("sum(amount)", "max(amount)"), "write: rebuild")
    capsys.readouterr()
    assert command(till, spark, "plan", "--date", MON, "--tables", f"{CHANGED}+") == 0
    planned = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert [name for name in planned if name.startswith(("bronze", "silver", "gold"))] == [
        "gold.daily",
        "gold.doubled",
    ]
    assert command(till, spark, "refine", "--date", MON, "--tables", f"+{CHANGED}") == 0
    assert "silver.sales" in capsys.readouterr().out
    assert command(till, spark, "preview", "--tables", f"+{CHANGED}") == 0
    assert [line for line in capsys.readouterr().out.splitlines() if "." in line.split("  ")[0]][
        :2
    ] == ["silver.sales", "gold.daily"]
