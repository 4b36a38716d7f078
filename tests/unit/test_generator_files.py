"""The generated landing folder: a seed gives the same bytes, and other files are not touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lakehouse.demo.generator import SOURCES, generate
from lakehouse.demo.manifest import Manifest
from lakehouse.errors import UsageError


def small(landing: Path, **changed: object) -> Manifest:
    options: dict[str, object] = {"customers": 60, "days": 15, **changed}
    return generate(landing, **options)  # type: ignore[arg-type]


def contents(landing: Path) -> dict[str, bytes]:
    return {
        file.relative_to(landing).as_posix(): file.read_bytes()
        for file in landing.rglob("*")
        if file.is_file()
    }


def test_a_seed_always_gives_the_same_bytes(tmp_path: Path) -> None:
    small(tmp_path / "one")
    small(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    small(tmp_path / "one")
    small(tmp_path / "two", seed=8)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one["order_lines/2026-03-02.csv"] != two["order_lines/2026-03-02.csv"]


def test_generating_again_touches_no_file(tmp_path: Path) -> None:
    small(tmp_path)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    small(tmp_path)
    after = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file()}
    assert after == before


def test_generating_fewer_days_removes_the_later_files(tmp_path: Path) -> None:
    small(tmp_path / "one")
    small(tmp_path / "one", days=5)
    small(tmp_path / "two", days=5)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_folder_with_files_from_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    with pytest.raises(UsageError, match="orders that were not generated"):
        small(tmp_path)
    assert contents(tmp_path) == {}


def test_a_size_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        small(tmp_path, days=0)


def test_a_number_of_order_lines_sets_the_size(tmp_path: Path) -> None:
    manifest = generate(tmp_path, days=20, lines=2000)
    assert manifest.counts["order_lines"] == pytest.approx(2000, rel=0.35)


def test_progress_hears_of_each_source_with_its_rows(tmp_path: Path) -> None:
    heard: dict[str, int] = {}
    manifest = small(tmp_path, progress=heard.__setitem__)
    assert heard == manifest.counts
    assert tuple(heard) == SOURCES


def test_a_failed_export_comes_a_day_late_in_a_file_of_its_own(tmp_path: Path) -> None:
    small(tmp_path, days=20, start=date(2026, 3, 1))
    names = sorted(name for name in contents(tmp_path) if name.startswith("orders/2026-03-1"))
    assert names[:2] == [
        "orders/2026-03-11/late-2026-03-10.jsonl",
        "orders/2026-03-11/part-0.jsonl",
    ]
