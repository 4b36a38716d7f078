"""Each file is loaded once and identified by its path below the landing folder. A file that
changed, has no row, cannot be read or was not understood is named, and the run does not pass."""

from __future__ import annotations

import gzip
import os

import pytest
import shop as s
from pyspark.sql import SparkSession
from shop import Shop
from till import COUNTED, MON, SALES, TUE, WED, Till, by_table, command, rows, run, sale

INGEST = ["ingest"]


def files(till: Till, spark: SparkSession) -> dict[str, tuple[str, str | None]]:
    """Outcome and rows of each file by its path."""
    found = till.shop(spark).read("ops.files").collect()
    return {row["path"]: (row["outcome"], row["rows"]) for row in found}


def test_files_are_recognized_after_the_landing_folder_moved(
    till: Till, spark: SparkSession
) -> None:
    till.sale("S1", MON)
    run(till, spark, MON, steps=INGEST)
    moved = till.home / "moved"
    till.landing.rename(moved)
    shop = Shop(spark, moved, till.home / "shop", "tiny", till.conf)
    assert shop.run(MON, steps=INGEST)[0].status == "skipped"
    assert shop.rows("bronze.sales", "_source_file") == {(f"sales/{MON}/part-0.jsonl",): 1}


def test_a_file_without_rows_is_loaded_once(till: Till, spark: SparkSession) -> None:
    till.bronze("sales", SALES, "csv")
    header = "sale,customer,day,amount\n"
    s.written(till.landing / "sales" / f"{MON}.csv", f"{header}S1,C1,{MON},1.00\n")
    s.written(till.landing / "sales" / f"{TUE}.csv", header)
    assert run(till, spark, TUE, steps=INGEST)[0].status == "passed"
    assert run(till, spark, TUE, steps=INGEST)[0].status == "skipped"
    assert files(till, spark) == {
        f"sales/{MON}.csv": ("loaded", 1),
        f"sales/{TUE}.csv": ("loaded", 0),
    }


def test_files_of_other_names_are_read_or_named(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till.bronze("sales", SALES, "csv")
    data = b"sale,customer,day,amount\nS1,C1,2026-03-02,1.00\n"
    folder = till.landing / "sales"
    (folder / f"{MON}.csv.gz").write_bytes(gzip.compress(data))
    (folder / f"{TUE}.CSV").write_bytes(data.replace(b"S1", b"S2"))
    (folder / f"{WED} (1).csv").write_bytes(data.replace(b"S1", b"S3"))
    assert command(till, spark, "ingest", "--date", WED) == 0
    assert rows(till, spark, "bronze.sales", "sale") == [("S1",), ("S2",)]
    said = capsys.readouterr().out
    assert "1 file(s) do not match the source's path" in said
    assert f"{WED} (1).csv" in said


def test_a_name_that_cannot_be_read_is_the_reason(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till.sale("S1", MON)
    till.sale("S2", MON, part="x-2026-03-02T10:00:00")
    assert command(till, spark, "ingest", "--date", MON) == 1
    assert "its name holds a colon" in capsys.readouterr().err
    assert rows(till, spark, "bronze.sales", "sale") == [("S1",)]


def test_a_changed_file_is_named_once_and_then_an_alert(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    file = till.sale("S1", MON)
    run(till, spark, MON, steps=INGEST)
    first = file.read_text()
    file.write_text(first.replace("1.00", "5.00"))
    assert command(till, spark, "ingest", "--date", MON) == 1
    told = capsys.readouterr().err
    assert "changed after it was loaded" in told
    assert "on_changed_file: new_version" in told
    assert command(till, spark, "ingest", "--date", MON) == 0
    assert "changed after being loaded" in capsys.readouterr().out
    assert rows(till, spark, "bronze.sales", "amount") == [("1.00",)]
    file.write_text(first)
    assert command(till, spark, "ingest", "--date", MON) == 0
    assert "changed" not in capsys.readouterr().out


def test_a_touched_file_of_equal_content_is_the_same_file(till: Till, spark: SparkSession) -> None:
    file = till.sale("S1", MON)
    run(till, spark, MON, steps=INGEST)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert run(till, spark, MON, steps=INGEST)[0].status == "skipped"
    assert files(till, spark) == {f"sales/{MON}/part-0.jsonl": ("loaded", 1)}


def test_a_new_version_of_a_file_brings_its_rows_once(till: Till, spark: SparkSession) -> None:
    text = (till.conf / "pipelines" / "tiny" / "bronze" / "sales.yml").read_text()
    till.declare(
        "bronze/sales.yml", text.replace("columns:", "on_changed_file: new_version\ncolumns:")
    )
    till.silver("sales", "SELECT sale, amount FROM bronze.sales", "write: append")
    till.land("sales", MON, sale("S1", MON), sale("S1", MON))
    run(till, spark, MON, steps=["ingest", "refine"])
    assert len(rows(till, spark, "silver.sales")) == 2
    till.land("sales", MON, sale("S1", MON), sale("S1", MON), sale("S2", MON))
    run(till, spark, TUE, steps=["ingest", "refine"])
    expected = [("S1", MON), ("S1", MON), ("S2", TUE)]
    assert rows(till, spark, "silver.sales", "sale", "_known_date") == expected
    run(till, spark, TUE, steps=["refine"], full_refresh=True)
    assert rows(till, spark, "silver.sales", "sale", "_known_date") == expected


@pytest.mark.parametrize("keys", ["", "\nkeys: all"])
def test_exact_duplicates_are_kept_unless_keys_is_all(
    till: Till, spark: SparkSession, keys: str
) -> None:
    narrow = "SELECT sale, amount FROM bronze.sales"
    till.silver("sales", narrow, f"write: append{keys}")
    till.land("sales", MON, sale("S1", MON), sale("S1", MON))
    till.land("sales", TUE, sale("S1", TUE))
    outcomes = [by_table(run(till, spark, day, steps=["ingest", "refine"])) for day in (MON, TUE)]
    counted = [
        (o["silver.sales"].rows_written, o["silver.sales"].rows_superseded) for o in outcomes
    ]
    assert counted == ([(1, 1), (0, 1)] if keys else [(2, 0), (1, 0)])
    whole = Till(till.home / "whole").sales(
        "SELECT sale, amount FROM bronze.sales", f"write: append{keys}"
    )
    whole.land("sales", MON, sale("S1", MON), sale("S1", MON))
    whole.land("sales", TUE, sale("S1", TUE))
    whole.shop(spark).run(MON, TUE, steps=["ingest", "refine"])
    assert rows(till, spark, "silver.sales") == rows(whole, spark, "silver.sales")


def test_a_full_refresh_keeps_known_days_and_rows_whose_files_are_gone(
    till: Till, spark: SparkSession
) -> None:
    till.features("activity", COUNTED)
    steps = ["ingest", "refine", "features"]
    landed = [till.sale(f"S{number}", day) for number, day in enumerate((MON, TUE, WED))]
    run(till, spark, MON, TUE, WED, steps=steps)
    before = rows(till, spark, "gold.activity", "as_of", "n")
    landed[2].write_text(landed[2].read_text().replace("1.00", "2.00"))
    landed[0].unlink()
    run(till, spark, WED, steps=["ingest", "refine"], full_refresh=True)
    assert rows(till, spark, "silver.sales", "sale", "amount", "_known_date") == [
        ("S0", "1.00", MON),
        ("S1", "1.00", TUE),
        ("S2", "2.00", WED),
    ]
    till.shop(spark).opened().run("features", start=MON, end=WED)
    assert rows(till, spark, "gold.activity", "as_of", "n") == before


def test_a_file_that_was_not_understood_fails_the_run(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till.bronze("sales", SALES, "csv")
    good = "sale,customer,day,amount\nS1,C1,2026-03-02,1.00\n"
    s.written(till.landing / "sales" / f"{MON}.csv", good)
    s.written(till.landing / "sales" / f"{TUE}.csv", good.replace(",", ";").replace("S1", "S2"))
    assert command(till, spark, "ingest", "--date", TUE) == 1
    said = capsys.readouterr().err
    assert "delimiter: ';'" in said
    assert "S2" not in said
    assert rows(till, spark, "bronze.sales", "sale") == [("S1",)]
    assert files(till, spark)[f"sales/{TUE}.csv"] == ("not_understood", None)
    s.written(till.landing / "sales" / f"{TUE}.csv", good.replace("S1", "S2"))
    assert command(till, spark, "ingest", "--date", TUE) == 0
    assert len(rows(till, spark, "bronze.sales", "sale")) == 2


def test_rescued_values_are_counted_with_a_reason(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    till.land("sales", MON, sale("S1", MON), sale("S2", MON, amount="1.2345"), sale("S3", MON))
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 0
    said = capsys.readouterr().out
    assert "amount: 1 value does not fit decimal(12,2)" in said
    assert "1.2345" not in said
    runs = {row["table"]: row for row in till.shop(spark).runs()}
    assert runs["bronze.sales"]["rows_rescued"] == 1
    assert runs["silver.sales"]["rows_quarantined"] == 1
    ledger = till.shop(spark).read("ops.files").first()
    assert ledger is not None
    assert ledger["rows_rescued"] == 1


def test_a_source_of_which_most_is_malformed_stops_silver(till: Till, spark: SparkSession) -> None:
    bad = [sale(f"S{n}", MON, amount="much") for n in range(3)]
    till.land("sales", MON, sale("S9", MON), *bad)
    assert command(till, spark, "run", "--date", MON, "--steps", "ingest,refine") == 1
    assert not till.shop(spark).exists("silver.sales")


def test_a_file_without_its_header_line_quotes_no_cell(
    till: Till, spark: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = "number: {type: string, pii: customer_id}; name: {type: string, pii: person_name}"
    till.bronze("people", columns, "csv")
    text = (till.conf / "pipelines" / "tiny" / "bronze" / "people.yml").read_text()
    for policy in ("fail_on_new_columns", "add_new_columns"):
        till.declare(
            "bronze/people.yml", text.replace("columns:", f"on_new_column: {policy}\ncolumns:")
        )
        s.written(till.landing / "people" / f"{MON}.csv", "ann.smith@mail.example,Ann Smith\n")
        assert command(till, spark, "ingest", "--date", MON, "--tables", "bronze.people") == 1
        said = capsys.readouterr()
        status = [f.read_text() for f in (till.shop(spark).warehouse / "_status").glob("*.json")]
        recorded = [row["message"] for row in till.shop(spark).runs()]
        assert "mith" not in str([said.out, said.err, status, recorded])


def test_two_ingests_at_a_time_in_a_catalog_load_each_file_once(
    till: Till, spark: SparkSession
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from lakehouse.api import open_lakehouse

    for schema in ("bronze", "ops"):
        spark.sql(f"DROP SCHEMA IF EXISTS spark_catalog.two_{schema} CASCADE")
    places = {name: str(till.home / name) for name in ("warehouse", "mlflow", "reports")}

    def opened() -> object:
        return open_lakehouse(
            "tiny", "test", conf_dir=till.conf, spark=spark, landing=str(till.landing),
            catalog="spark_catalog", schema_prefix="two_", **places,
        )  # fmt: skip

    till.sale("S1", MON)
    opened().run("ingest", date=MON)  # type: ignore[attr-defined]
    till.land("sales", TUE, sale("S2", TUE), sale("S3", TUE))
    lakes = [opened() for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda lake: lake.run("ingest", date=TUE), lakes))  # type: ignore[attr-defined]
    loaded = spark.table("spark_catalog.two_bronze.sales").groupBy("sale").count().collect()
    assert sorted((row["sale"], row["count"]) for row in loaded) == [
        ("S1", 1),
        ("S2", 1),
        ("S3", 1),
    ]
    for schema in ("bronze", "ops"):
        spark.sql(f"DROP SCHEMA IF EXISTS spark_catalog.two_{schema} CASCADE")
