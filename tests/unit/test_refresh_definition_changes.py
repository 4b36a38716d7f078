"""What changed in a definition, and which definition made each day of a snapshot."""

from __future__ import annotations

from datetime import date
from typing import Any

from lakehouse.refresh.day_definitions import as_json, definitions_of, from_json, with_days
from lakehouse.refresh.definition_changes import compare

D = [date(2026, 3, day) for day in range(1, 11)]


def parts(**other: Any) -> dict[str, Any]:
    select = {"rest": "r", "columns": {"id": "a", "price": "b"}}
    shared = {"logic": "l1", "select": select, "keys": ["id"], "treatments": {"b.id": "keep"}}
    return shared | other


def texts(stored: dict[str, Any] | None, now: dict[str, Any]) -> list[tuple[str, str]]:
    return [(change.part, change.text) for change in compare(stored, now)]


def test_equal_parts_are_no_change() -> None:
    assert texts(parts(), parts()) == []


def test_another_transformation() -> None:
    assert texts(parts(), parts(logic="l2", select=None)) == [
        ("logic", "its transformation changed")
    ]


def test_added_columns_are_distinguished_from_other_changes() -> None:
    more = {"rest": "r", "columns": {"id": "a", "price": "b", "day": "c"}}
    assert texts(parts(), parts(logic="l2", select=more)) == [("new_columns", "new columns: day")]
    other = {"rest": "r", "columns": {"id": "a", "price": "x", "day": "c"}}
    assert [part for part, _ in texts(parts(), parts(logic="l2", select=other))] == ["logic"]
    filtered = {"rest": "r2", "columns": {"id": "a", "price": "b", "day": "c"}}
    assert [part for part, _ in texts(parts(), parts(logic="l2", select=filtered))] == ["logic"]


def test_keys_treatments_and_the_key_are_named() -> None:
    now = parts(keys=["id", "day"], treatments={"b.id": "drop", "b.mail": "token email"}, key="k2")
    assert texts(parts(key="k1"), now) == [
        ("keys", "keys: id → id, day"),
        ("treatments.b.id", "b.id: keep → drop"),
        ("key", "the privacy key changed"),
    ]


def test_a_column_that_is_read_for_the_first_time_is_no_other_treatment() -> None:
    now = parts(treatments={"b.id": "keep", "b.mail": "token email"}, key="k1")
    assert texts(parts(), now) == []
    assert texts(now, parts()) == []


def test_a_column_that_is_no_longer_read_keeps_its_old_form_in_the_table() -> None:
    stored = parts(treatments={"b.id": "keep", "b.nick": "keep"})
    found = compare(stored, parts(), {"b.id": "keep", "b.nick": "drop"})
    assert [(change.part, change.text) for change in found] == [
        ("treatments.b.nick", "b.nick: keep → drop")
    ]


def test_a_commit_of_an_earlier_library_recorded_nothing() -> None:
    assert [part for part, _ in texts(None, parts())] == ["unrecorded"]


def test_days_recomputed_with_another_definition_split_the_range() -> None:
    first = with_days([], D[0], D[8], "a")
    both = with_days(first, D[3], D[5], "b")
    assert both == [(D[0], D[2], "a"), (D[3], D[5], "b"), (D[6], D[8], "a")]
    assert with_days(both, D[3], D[5], "a") == [(D[0], D[8], "a")]


def test_days_next_to_each_other_are_one_range_and_a_gap_is_kept() -> None:
    assert with_days([(D[0], D[1], "a")], D[2], D[2], "a") == [(D[0], D[2], "a")]
    gap = with_days([(D[0], D[1], "a")], D[4], D[4], "a")
    assert definitions_of(gap, [D[1], D[2], D[4]]) == {D[1]: "a", D[2]: None, D[4]: "a"}


def test_ranges_pass_through_a_commit_s_tag() -> None:
    ranges = with_days([], D[0], D[8], "a")
    assert from_json(as_json(ranges)) == ranges
