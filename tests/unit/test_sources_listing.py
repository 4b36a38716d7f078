"""A declared path finds exactly its files, with their days."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.config.declarations import BronzeTable
from lakehouse.errors import DeclarationError, UnreadableFiles, UsageError
from lakehouse.sources import listing
from lakehouse.sources.file_source import FileSource
from lakehouse.sources.listing import Listing, check_folder, list_files
from lakehouse.sources.pattern import path_pattern
from lakehouse.sources.read import read_files, unreadable

DAY = datetime.date(2026, 1, 2)


def source(path: str, data_format: str = "json") -> FileSource:
    return FileSource.model_validate({"kind": "files", "format": data_format, "path": path})


def put(folder: Path, *names: str) -> None:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}", encoding="utf-8")


def found(
    spark: SparkSession, folder: Path, path: str, data_format: str = "json"
) -> dict[str, object]:
    files = list_files(spark, source(path, data_format), str(folder)).files
    assert [file.path for file in files] == [f"{folder}/{file.key}" for file in files]
    return {file.key: file.day for file in files}


def unmatched(spark: SparkSession, folder: Path, path: str, data_format: str = "json") -> list[str]:
    return list_files(spark, source(path, data_format), str(folder)).unmatched


def test_a_folder_a_day_gives_its_files_of_the_format(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "c/2026-01-02/a.json", "c/2026-01-02/deep/b.jsonl.gz", "c/2026-01-02/LICENSE")
    put(tmp_path, "c/2026-01-02/_SUCCESS.json", "c/2026-01-02/.b.json", "c/2026-01-02/_x/c.json")
    put(tmp_path, "c/other/a.json", "d/2026-01-02/a.json", "c/2026-01-02.json")
    expected = {"c/2026-01-02/a.json": DAY, "c/2026-01-02/deep/b.jsonl.gz": DAY}
    assert found(spark, tmp_path, "{landing}/c/{date}") == expected


def test_a_file_a_day(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "2026-01-02.csv", "2026-01-02.csv.bak", "x2026-01-02.csv", "readme.csv")
    assert found(spark, tmp_path, "{landing}/{date}.csv", "csv") == {"2026-01-02.csv": DAY}


def test_a_folder_without_a_day(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "stores/a.csv", "stores/2026-01-02.csv", "stores/a.txt")
    expected = {"stores/2026-01-02.csv": None, "stores/a.csv": None}
    assert found(spark, tmp_path, "{landing}/stores/", "csv") == expected


def test_one_file(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "stores.txt", "other.csv")
    assert found(spark, tmp_path, "{landing}/stores.txt", "csv") == {"stores.txt": None}


def test_a_star_stands_for_a_part_of_a_name(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a/2026-01-02/x_1.csv", "b/2026-01-02/x_2.csv", "b/2026-01-02/y.csv")
    expected = {"a/2026-01-02/x_1.csv": DAY, "b/2026-01-02/x_2.csv": DAY}
    assert found(spark, tmp_path, "{landing}/*/{date}/x_*.csv", "csv") == expected


def test_a_day_on_no_calendar_is_no_day_and_no_loss(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "2026-02-30.csv")
    assert found(spark, tmp_path, "{landing}/{date}.csv", "csv") == {"2026-02-30.csv": None}


def test_odd_names_of_folders_are_taken_literally(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a b+%41ä#[x]{y}*"
    put(folder, "2026-01-02.csv")
    assert found(spark, folder, "{landing}/{date}.csv", "csv") == {"2026-01-02.csv": DAY}


def test_length_and_time_are_those_of_the_file(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a.json")
    (file,) = list_files(spark, source("{landing}/a.json"), str(tmp_path)).files
    stat = (tmp_path / "a.json").stat()
    assert file.length == stat.st_size
    assert file.modified.tzinfo is datetime.UTC
    assert abs(file.modified.timestamp() - stat.st_mtime) < 0.01


def test_an_empty_folder_has_no_files(spark: SparkSession, tmp_path: Path) -> None:
    empty = list_files(spark, source("{landing}/{date}"), str(tmp_path))
    assert (empty.files, empty.unmatched) == ([], [])


def test_a_missing_folder_is_an_error_of_use(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        list_files(spark, source("{landing}/c/{date}"), str(tmp_path), where="c.yml:2")
    assert str(caught.value).startswith(f"c.yml:2: landing folder {tmp_path}/c does not exist\n")


def test_a_missing_folder_is_found_before_there_is_a_session(tmp_path: Path) -> None:
    check_folder(source("{landing}/{date}"), str(tmp_path))
    with pytest.raises(UsageError, match=r"landing folder .*/c does not exist"):
        check_folder(source("{landing}/c/{date}"), f"file:{tmp_path}")


@pytest.mark.parametrize("path", ["{landing}/{day}", "{date}/{date}", "{landing}/{Date}.csv"])
def test_a_path_with_unknown_words_is_refused(path: str) -> None:
    with pytest.raises(DeclarationError, match="invalid path"):
        path_pattern(path, "/landing", "csv")


def test_extensions_in_capitals_and_gzipped_files_are_the_source_s(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "s/2026-01-02.CSV", "s/2026-01-02.csv.gz", "s/2026-01-02.Csv.GZ")
    expected = dict.fromkeys(
        ["s/2026-01-02.CSV", "s/2026-01-02.csv.gz", "s/2026-01-02.Csv.GZ"], DAY
    )
    assert found(spark, tmp_path, "{landing}/s/{date}.csv", "csv") == expected
    assert unmatched(spark, tmp_path, "{landing}/s/{date}.csv", "csv") == []


def test_files_that_match_no_pattern_are_not_skipped_silently(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "s/2026-01-02.csv", "s/2026-1-2.csv", "s/20260102.csv", "s/2026-01-02 (1).csv")
    put(tmp_path, "s/_x.csv", "s/.y.csv", "s/_tmp/2026-01-02.csv", "s/deep/a.txt", "t/a.csv")
    (tmp_path / "s" / "link.csv").symlink_to(tmp_path / "nowhere")
    assert unmatched(spark, tmp_path, "{landing}/s/{date}.csv", "csv") == [
        "s/2026-01-02 (1).csv", "s/2026-1-2.csv", "s/20260102.csv", "s/deep/a.txt", "s/link.csv",
    ]  # fmt: skip


def test_files_of_other_sources_are_not_unmatched(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "a-2026-01-02.csv", "a-2026-1-2.csv", "b-2026-01-02.csv", "c/2026-01-02.csv")
    assert unmatched(spark, tmp_path, "{landing}/a-{date}.csv", "csv") == ["a-2026-1-2.csv"]
    assert unmatched(spark, tmp_path, "{landing}/c/{date}.csv", "csv") == []


def test_a_folder_named_like_a_file_holds_files(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "2026-01-02.csv/part-0.csv")
    (tmp_path / "2026-01-03.csv").mkdir()
    expected = {"2026-01-02.csv/part-0.csv": DAY}
    assert found(spark, tmp_path, "{landing}/{date}.csv", "csv") == expected


def test_a_cycle_of_links_ends(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "c/a.json")
    (tmp_path / "c" / "again").symlink_to(tmp_path / "c")
    assert found(spark, tmp_path, "{landing}/c") == {"c/a.json": None}


def _listed_by_spark(spark: SparkSession, folder: Path, path: str) -> Listing:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "local_path", lambda _: None)
        return list_files(spark, source(path), f"file:{folder}")


def test_listings_from_disk_and_from_spark_are_equal(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "c/2026-01-02/a b+%41ä#[x]{y}*.json", "c/2026-01-02/_x/b.json", "c/other.json")
    path = "{landing}/c/{date}"
    local = list_files(spark, source(path), f"file:{tmp_path}")
    assert len(local.files) == len(local.unmatched) == 1
    assert _listed_by_spark(spark, tmp_path, path) == local


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "{}/"])
def test_a_file_has_one_key_however_its_folder_is_written(
    spark: SparkSession, tmp_path: Path, form: str
) -> None:
    """The rows have the same key, also after the folder was moved."""
    name = "a b+%41ä#[x]{y}*.json"
    put(tmp_path / "x", f"c/2026-01-02/{name}")
    (tmp_path / "x").rename(tmp_path / "moved")
    declared = source("{landing}/c/{date}")
    files = list_files(spark, declared, form.format(tmp_path / "moved")).files
    assert [file.key for file in files] == [f"c/2026-01-02/{name}"]
    table = BronzeTable.model_validate(
        {"table": "bronze.t", "description": "", "file": "t.yml", "source": declared,
         "columns": {"a": {"type": "int"}}}
    )  # fmt: skip
    rows = read_files(spark, table, files).select("_source_file").collect()
    assert [row[0] for row in rows] == [f"c/2026-01-02/{name}"]


def test_a_file_outside_the_landing_folder_is_known_by_its_address(
    spark: SparkSession, tmp_path: Path
) -> None:
    put(tmp_path, "elsewhere/a.json")
    for scheme in ("", "file:", "file://"):
        (file,) = list_files(
            spark, source(f"{scheme}{tmp_path}/elsewhere"), str(tmp_path / "landing")
        ).files
        assert file.key == f"{tmp_path}/elsewhere/a.json"


def test_a_bucket_s_files_have_keys_below_it() -> None:
    pattern = path_pattern("{landing}/c/{date}", "s3a://bucket/landing/", "json")
    path = "s3a://bucket/landing/c/2026-01-02/a.json"
    assert pattern.match_key(path) == pattern.key(path) == "c/2026-01-02/a.json"
    outside = path_pattern("s3a://other/c/{date}", "s3a://bucket/landing", "json")
    other = "s3a://other/c/2026-01-02/a.json"
    assert outside.match_key(other) == outside.key(other) == other


def test_a_colon_in_a_name_is_named_as_the_reason(spark: SparkSession, tmp_path: Path) -> None:
    put(tmp_path, "c/2026-01-02/x-2026-01-02T10:00:00.jsonl", "c/2026-01-02/y.jsonl")
    files = list_files(spark, source("{landing}/c/{date}"), str(tmp_path)).files
    assert [file.name_problem is None for file in files] == [False, True]
    table = BronzeTable.model_validate(
        {"table": "bronze.t", "description": "", "file": "t.yml", "columns": {"a": {"type": "int"}},
         "source": source("{landing}/c/{date}")}
    )  # fmt: skip
    why = "its name holds a colon, which Hadoop cannot read; give it another name"
    assert unreadable(spark, table, files) == {files[0].key: why}
    with pytest.raises(UnreadableFiles, match="its name holds a colon"):
        read_files(spark, table, files)
