"""A damaged Delta log: a run recovers to the same rows, or stops with an error that names the
table, and never has fewer rows without saying so.

``make test`` damages one table in each way, ``make soak`` each table.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest
from crashing import Content, content, differences
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from till import (
    APPEND,
    DAILY,
    MON,
    REFINED,
    TUE,
    WED,
    Till,
    command,
    not_null,
    rows,
    run,
    sale,
    sql,
)  # fmt: skip

RUN = ("run", "--steps", "ingest,refine,aggregate", "--date")
TABLES = ("silver.sales", "bronze.sales", "gold.daily", "ops.runs", "ops.files")
THU = "2026-03-05"
WITH_CHECKPOINT = "'delta.checkpointInterval' = '2'"


@dataclass(frozen=True)
class Built:
    """Three days in each table, a checkpoint in each log before the newest commit, and the file of
    a fourth day."""

    till: Till
    expected: Content


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, spark: SparkSession, privacy_key: str) -> Built:
    till = Till(tmp_path_factory.mktemp("built"))
    till.sales(REFINED, f"{APPEND}\nexpectations: silver.sales")
    till.suite("silver.sales", not_null("customer", "customer_is_present", 0.1))
    till.gold("daily", DAILY, "write: replace_keys\nkeys: [day]")
    for number, day in enumerate((MON, TUE, WED)):
        till.land("sales", day, sale(f"S{number}", day), sale(f"Q{number}", day, customer=None))
        assert {outcome.status for outcome in run(till, spark, day)} == {"passed"}
        if day == MON:
            for table in TABLES:
                sql(till, spark, f"ALTER TABLE {{}} SET TBLPROPERTIES ({WITH_CHECKPOINT})", table)
    till.land("sales", THU, sale("S3", THU))
    clean = till.copied(tmp_path_factory.mktemp("clean"))
    assert command(clean, spark, *RUN, THU) == 0
    return Built(till, content(clean.shop(spark)))


def newest_with_rows(log: Path) -> Path:
    """The newest commit that added a file."""
    return next(f for f in sorted(log.glob("*.json"), reverse=True) if '"add"' in f.read_text())


def cut_line(log: Path) -> None:
    file = newest_with_rows(log)
    file.write_text(file.read_text()[:-40])


def cut_after_a_line(log: Path) -> None:
    file = newest_with_rows(log)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith('{"add"')))


def empty(log: Path) -> None:
    newest_with_rows(log).write_text("")


def garbage(log: Path) -> None:
    newest_with_rows(log).write_bytes(bytes(range(256)))


def lose_from_the_middle(log: Path) -> None:
    for file in [*log.glob("*.checkpoint*.parquet"), log / "_last_checkpoint"]:
        file.unlink()
    (log / f"{1:020}.json").unlink()


def checkpoint_of(log: Path) -> Path:
    return next(log.glob("*.checkpoint*.parquet"))


def damage_checkpoint(log: Path) -> None:
    checkpoint_of(log).write_bytes(b"PAR1" + bytes(200) + b"PAR1")


def lose_part_of_checkpoint(log: Path) -> None:
    file = checkpoint_of(log)
    file.rename(log / f"{file.name[:20]}.checkpoint.{1:010}.{2:010}.parquet")
    pointer = log / "_last_checkpoint"
    pointer.write_text(json.dumps({"version": int(file.name[:20]), "size": 9, "parts": 2}))


def garble_last_checkpoint(log: Path) -> None:
    (log / "_last_checkpoint").write_text("{garbage")


def point_to_no_checkpoint(log: Path) -> None:
    (log / "_last_checkpoint").write_text(json.dumps({"version": 99, "size": 9}))


def data_file_of(log: Path) -> Path:
    for line in newest_with_rows(log).read_text().splitlines():
        action = json.loads(line)
        if "add" in action:
            return Path(log.parent / action["add"]["path"])
    raise AssertionError(log)


def lose_data_file(log: Path) -> None:
    data_file_of(log).unlink()


def cut_data_file(log: Path) -> None:
    file = data_file_of(log)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def repeat_version_under_another_name(log: Path) -> None:
    file = newest_with_rows(log)
    for name in (f"{file.stem} (copy).json", f"{int(file.stem)}.json", f"{file.stem}.json.bak"):
        shutil.copy(file, log / name)


def take_log_of_another_table(log: Path) -> None:
    other = "gold/daily" if "silver" in str(log) else "silver/sales"
    source = log.parents[2] / other / "_delta_log"
    shutil.rmtree(log)
    shutil.copytree(source, log)


Damage = Callable[[Path], None]
DAMAGES: tuple[Damage, ...] = (
    cut_line,
    cut_after_a_line,
    empty,
    garbage,
    lose_from_the_middle,
    damage_checkpoint,
    lose_part_of_checkpoint,
    garble_last_checkpoint,
    point_to_no_checkpoint,
    lose_data_file,
    cut_data_file,
    repeat_version_under_another_name,
    take_log_of_another_table,
)
CASES = [*zip(DAMAGES, cycle(TABLES[:4]), strict=False), (empty, "bronze.sales")]
OTHERS = [(damage, table) for damage in DAMAGES for table in TABLES if (damage, table) not in CASES]


@pytest.mark.parametrize(
    ("damage", "table"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.soak) for case in OTHERS)],
    ids=lambda part: getattr(part, "__name__", part),
)
def test_a_damaged_table_is_repaired_or_named(
    tmp_path: Path,
    spark: SparkSession,
    built: Built,
    capsys: pytest.CaptureFixture[str],
    damage: Damage,
    table: str,
) -> None:
    till = built.till.copied(tmp_path)
    log = tmp_path / "shop" / "warehouse" / table.replace(".", "/") / "_delta_log"
    # Otherwise the checksums of Hadoop and Delta reveal some of the damages.
    for file in list(log.parent.rglob("*.crc")):
        file.unlink()
    damage(log)
    capsys.readouterr()
    code = command(till, spark, *RUN, THU)
    text = "".join(capsys.readouterr())
    print(code, text)
    if code == 0:
        # A repaired table was computed again, so other numbers of rows may be recorded.
        without = set() if table == "ops.runs" else {"ops.runs"}
        if damage in (lose_data_file, cut_data_file) and is_unreadable(till, spark, table):
            without |= {table}  # no run needed the file, and no reader gets fewer rows
        held = content(till.shop(spark), without=without)
        expected = {name: rows for name, rows in built.expected.items() if name not in without}
        assert differences(held, expected) == []
        return
    assert code in (1, 2, 3)
    assert table in text
    assert "Traceback" not in text
    assert command(till, spark, *RUN, THU) == code


def is_unreadable(till: Till, spark: SparkSession, table: str) -> bool:
    """Whether Spark refuses to read the rows of the table."""
    try:
        rows(till, spark, table)
    except (PySparkException, Py4JJavaError) as problem:
        if "FAILED_READ_FILE" not in str(problem):
            raise
        return True
    return False
