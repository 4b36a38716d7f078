"""The manifest: every planted fault is where it says, and there are no others."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from lakehouse.demo.faults import KEYS, KINDS, MALFORMED, RULES
from lakehouse.demo.generator import generate
from lakehouse.demo.manifest import Manifest, read_manifest
from lakehouse.errors import UsageError

ROOT = Path(__file__).parents[2]
Row = dict[str, str]
Test = Callable[[Row, str], bool]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _filled(name: str) -> Test:
    return lambda row, _: bool(row.get(name))


def _of(name: str, *values: str) -> Test:
    return lambda row, _: (row.get(name) or "").strip() in values


def _matches(name: str, form: str) -> Test:
    return lambda row, _: re.fullmatch(form, (row.get(name) or "").strip()) is not None


def _until_its_day(name: str) -> Test:
    return lambda row, day: _is_day(row.get(name)) and str(row[name])[:10] <= day


def _is_day(value: str | None) -> bool:
    return re.match(r"\d{4}-\d\d-\d\d", value or "") is not None


def _above_zero(name: str, form: str) -> Test:
    return lambda row, _: (
        re.fullmatch(form, row.get(name) or "") is not None and float(row[name]) > 0
    )


def _is_time(name: str) -> Test:
    return lambda row, _: _MOMENT.fullmatch(row.get(name) or "") is not None


# What the suites ask, read a second time from the raw files.
ASKED: dict[str, dict[str, Test]] = {
    "customers": {
        "customer_id_is_present": _filled("customer_id"),
        "operation_is_known": _of("op", "I", "U", "D"),
        "birth_year_is_plausible": _matches("birth_date", r"(19|20)\d\d-(0\d|1[0-2])-[0-3]\d"),
        "email_domain_is_valid": _matches("email", r".+@[a-z-]+\.[a-z]{2,}"),
        "updated_at_is_present": _is_time("updated_at"),
    },
    "orders": {
        "order_id_is_present": _filled("order_id"),
        "customer_id_is_present": _filled("customer_id"),
        "store_id_is_valid": _matches("store_id", r"S\d{3}"),
        "status_is_known": _of("status", "placed", "shipped", "completed", "cancelled", "returned"),
        "operation_is_known": _of("op", "I", "U", "D"),
        "order_date_is_not_in_the_future": _until_its_day("ordered_at"),
        "updated_at_is_present": _is_time("updated_at"),
    },
    "order_lines": {
        "order_id_is_present": _filled("order_id"),
        "line_no_is_positive": _above_zero("line_no", r"\d+"),
        "sku_is_present": _filled("sku"),
        "quantity_is_positive": _above_zero("quantity", r"-?\d+"),
        "unit_price_is_positive": _above_zero("unit_price", r"-?\d+\.\d\d"),
        "order_date_is_not_in_the_future": _until_its_day("order_date"),
        "updated_at_is_present": _is_time("updated_at"),
    },
    "web_events": {
        "event_id_is_present": _filled("event_id"),
        "visitor_id_is_present": _filled("visitor_id"),
        "event_type_is_present": _filled("event_type"),
        "event_date_is_not_in_the_future": lambda row, day: (
            _is_time("occurred_at")(row, day) and _until_its_day("occurred_at")(row, day)
        ),
    },
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return generate(tmp_path_factory.mktemp("landing"), customers=300, days=40)


@cache
def rows_of(file: Path) -> tuple[Row | None, ...]:
    """The rows of a file by line; None for a line that cannot be read."""
    with file.open(encoding="utf-8", newline="") as lines:
        if file.suffix == ".csv":
            return tuple(csv.DictReader(lines))
        return tuple(_read(line) for line in lines)


def _read(line: str) -> Row | None:
    try:
        row: Row = json.loads(line)
    except json.JSONDecodeError:
        return None
    return row


def files_of(manifest: Manifest, source: str) -> list[Path]:
    return sorted(file for file in manifest.landing.glob(f"{source}/**/*") if file.is_file())


def failed(manifest: Manifest, source: str) -> dict[tuple[str, int], set[str]]:
    """Faults that an independent reading of the raw files finds, except unreadable values."""
    found = {}
    for file in files_of(manifest, source):
        name = file.relative_to(manifest.landing).as_posix()
        day = str(re.findall(r"\d{4}-\d\d-\d\d", name)[0])
        for line, row in enumerate(rows_of(file), 1):
            rules = {rule for rule, asks in ASKED[source].items() if not asks(row or {}, day)}
            if rules:
                found[name, line] = rules
    return found


@pytest.mark.parametrize("source", list(ASKED))
def test_the_rows_that_break_rules_are_exactly_those_of_the_manifest(
    manifest: Manifest, source: str
) -> None:
    planted = {
        (fault.file, fault.line): set(fault.rules) - {MALFORMED}
        for fault in manifest.of(f"silver.{source}", "quarantined")
    }
    assert failed(manifest, source) == planted


def test_without_faults_no_row_breaks_a_rule(tmp_path: Path) -> None:
    clean = generate(tmp_path, customers=80, days=12, faults=False)
    assert clean.faults == []
    assert {source: failed(clean, source) for source in ASKED} == {source: {} for source in ASKED}


def test_every_kind_of_fault_is_planted(manifest: Manifest) -> None:
    planted = {(fault.source, fault.kind) for fault in manifest.faults}
    assert planted == {(kind.feed, kind.name) for kind in KINDS} | {("order_lines", "column_order")}


def test_the_keys_of_a_fault_stand_in_its_line(manifest: Manifest) -> None:
    for fault in (fault for fault in manifest.faults if fault.line):
        row = rows_of(manifest.landing / fault.file)[fault.line - 1]
        names = KEYS[fault.source] if fault.keys else ()
        assert {name: (row or {}).get(name) or None for name in names} == fault.keys


def test_a_superseded_row_exists_twice(manifest: Manifest) -> None:
    for fault in (fault for fault in manifest.faults if fault.outcome == "superseded"):
        files = files_of(manifest, fault.source)
        row = rows_of(manifest.landing / fault.file)[(fault.line or 0) - 1]
        assert sum(rows_of(file).count(row) for file in files) == 2


def test_a_day_has_room_for_its_faults(manifest: Manifest) -> None:
    for source in ASKED:
        for file in files_of(manifest, source):
            name = file.relative_to(manifest.landing).as_posix()
            bad = [f for f in manifest.of(f"silver.{source}", "quarantined") if f.file == name]
            assert len(bad) <= 0.05 * len(rows_of(file))


def test_the_counts_are_the_lines_of_the_files(manifest: Manifest) -> None:
    counted = {
        source: sum(len(rows_of(file)) for file in files_of(manifest, source))
        for source in manifest.counts
    }
    assert manifest.counts == counted


@pytest.mark.parametrize("source", list(RULES))
def test_the_catalogue_names_the_critical_rules_of_the_suite(source: str) -> None:
    suite = json.loads((ROOT / f"expectations/retail/silver.{source}.json").read_text("utf-8"))
    critical = [e["meta"]["id"] for e in suite["expectations"] if e["severity"] == "critical"]
    assert list(RULES[source]) == critical


def test_a_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    assert read_manifest(manifest.landing) == manifest


def test_a_folder_that_was_not_generated_has_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="was not generated"):
        read_manifest(tmp_path)
