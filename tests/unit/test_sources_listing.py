"""A declared path finds its files, their days, and nothing else."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.config.declarations import FileSource
from lakehouse.errors import DeclarationError, UsageError
from lakehouse.sources.listing import check_folder, list_files
from lakehouse.sources.pattern import path_pattern

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
    files = list_files(spark, source(path, data_format), str(folder))
    return {file.path.removeprefix(f"file:{folder}/"): file.day for file in files}


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
    (file,) = list_files(spark, source("{landing}/a.json"), str(tmp_path))
    stat = (tmp_path / "a.json").stat()
    assert file.length == stat.st_size
    assert file.modified.tzinfo is datetime.UTC
    assert abs(file.modified.timestamp() - stat.st_mtime) < 0.01


def test_an_empty_folder_has_no_files(spark: SparkSession, tmp_path: Path) -> None:
    assert list_files(spark, source("{landing}/{date}"), str(tmp_path)) == []


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
    with pytest.raises(DeclarationError, match="is not understood"):
        path_pattern(path, "/landing", "csv")
