"""Which files are loaded, which are reported and which are skipped."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lakehouse.sources.decision import Decision
from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.known_files import KnownFiles
from lakehouse.sources.ledger import changed_contents, decide
from lakehouse.sources.listing import SourceFile

THEN = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)
LATER = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
KNOWN = datetime.date(2026, 3, 1)


def file(key: str, *, length: int = 10, modified: datetime.datetime = THEN) -> SourceFile:
    return SourceFile(f"file:/landing/{key}", None, modified, length, key)


def record(key: str, content: str | None, **changes: Any) -> FileRecord:
    loaded = FileRecord("bronze.t", key, 10, THEN, content, KNOWN, 5, 0, "loaded", None)
    return replace(loaded, **changes)


def decided(
    files: Sequence[SourceFile],
    records: Sequence[FileRecord] = (),
    contents: Mapping[str, str] | None = None,
    *,
    on_changed: Any = "reject",
    on_duplicate: Any = "load",
) -> Decision:
    contents = contents or {}

    def hashes(asked: Sequence[SourceFile]) -> dict[str, str]:
        return {f.key: contents.get(f.key, f"hash of {f.key}") for f in asked}

    return decide(
        files,
        KnownFiles.of(records),
        table="bronze.t",
        content_hashes=hashes,
        on_changed_file=on_changed,
        on_duplicate_file=on_duplicate,
    )


def after(records: Sequence[FileRecord], decision: Decision) -> list[FileRecord]:
    """The ledger after the decision's updates."""
    return list(({r.path: r for r in records} | {r.path: r for r in decision.updates}).values())


def test_an_unseen_file_is_loaded_and_its_hash_handed_on() -> None:
    decision = decided([file("b"), file("a")], [record("c", "h")])
    assert decision == Decision(
        load=[file("a"), file("b")], content_hashes={"a": "hash of a", "b": "hash of b"}
    )


def test_a_file_of_the_same_length_and_time_is_left_alone_and_not_read() -> None:
    def never(_: Sequence[SourceFile]) -> Mapping[str, str]:
        raise AssertionError

    ledger = [record("a", "h")]
    actual = decide(
        [file("a")], KnownFiles.of(ledger), table="bronze.t", content_hashes=never,
        on_changed_file="reject", on_duplicate_file="load",
    )  # fmt: skip
    assert actual == Decision()


def test_equal_content_at_another_time_only_updates_the_ledger() -> None:
    decision = decided([file("a", modified=LATER)], [record("a", "h")], {"a": "h"})
    assert (decision.load, decision.rejected, decision.alerts) == ([], [], [])
    assert decision.updates == [record("a", "h", modified=LATER)]


def test_a_changed_file_is_rejected_once_and_then_an_alert_until_it_is_back() -> None:
    ledger = [record("a", "h1")]
    changed = file("a", length=12, modified=LATER)
    first = decided([changed], ledger, {"a": "h2"})
    assert (first.load, first.rejected, first.alerts) == ([], [changed], [])
    message = "changed after it was loaded; rejected content sha256 h2"
    rejected = record("a", "h1", length=12, modified=LATER, outcome="rejected", message=message)
    assert first.updates == [rejected]

    second = decided([changed], after(ledger, first), {"a": "h2"})
    assert (second.load, second.rejected, second.updates) == ([], [], [])
    assert second.alerts == ["1 file changed after being loaded and not loaded again: a"]

    touched = decided([replace(changed, modified=THEN)], after(ledger, first), {"a": "h2"})
    assert (touched.rejected, len(touched.alerts)) == ([], 1)

    other = decided([replace(changed, length=13)], after(ledger, first), {"a": "h3"})
    assert ([f.key for f in other.rejected], other.alerts) == (["a"], [])

    back = decided([file("a", modified=LATER)], after(ledger, first), {"a": "h1"})
    assert (back.load, back.rejected, back.alerts) == ([], [], [])
    assert back.updates == [record("a", "h1", modified=LATER)]


def test_a_rejected_file_that_is_ignored_is_quiet_until_its_content_changes() -> None:
    message = "changed after it was loaded; rejected content sha256 h2"
    ignored = [record("a", "h1", length=12, outcome="ignored", message=message)]
    assert decided([file("a", length=12)], ignored) == Decision()
    touched = decided([file("a", length=12, modified=LATER)], ignored, {"a": "h2"})
    assert (touched.rejected, touched.alerts) == ([], [])
    assert touched.updates == [replace(ignored[0], modified=LATER)]
    other = decided([file("a", length=13)], ignored, {"a": "h3"})
    assert [f.key for f in other.rejected] == ["a"]


def test_a_new_version_is_loaded_again() -> None:
    changed = file("a", length=12)
    decision = decided([changed], [record("a", "h1")], {"a": "h2"}, on_changed="new_version")
    assert (decision.load, decision.new_versions) == ([changed], frozenset({"a"}))
    assert (decision.rejected, decision.updates) == ([], [])
    assert decision.content_hashes == {"a": "h2"}


def test_what_may_have_been_loaded_before_a_bad_or_empty_content_is_a_new_version() -> None:
    ledger = [record("a", "h1", outcome="unreadable"), record("b", "h2", rows=0)]
    files = [file("a", length=12), file("b", length=12), file("c")]
    decision = decided(files, ledger, on_changed="new_version")
    assert (decision.load, decision.new_versions) == (files, {"a", "b"})


def test_a_file_whose_rows_are_replaced_is_loaded_again() -> None:
    ledger = [record("a", "h1"), record("b", "h"), record("d", None, outcome="unreadable")]
    files = [file("a", length=12), file("b"), file("c"), file("d")]
    decision = decided(files, ledger, {"a": "h2"}, on_changed="replace")
    assert [f.key for f in decision.load] == ["a", "c", "d"]
    # What could not be read now may have been loaded before: bronze tells.
    assert decision.replaces == {"a", "d"}
    assert (decision.rejected, decision.updates, decision.alerts) == ([], [], [])
    kept = decided(files, ledger, {"a": "h2"}, on_changed="new_version")
    assert kept.replaces == frozenset()


def test_a_file_that_was_rejected_is_replaced_once_that_is_declared() -> None:
    message = "changed after it was loaded; rejected content sha256 h2"
    rejected = record("a", "h1", length=12, outcome="rejected", message=message)
    decision = decided([file("a", length=12)], [rejected], {"a": "h2"}, on_changed="replace")
    assert (decision.load, decision.replaces) == ([file("a", length=12)], {"a"})


def test_what_was_replaced_is_remembered_whatever_becomes_of_the_file() -> None:
    replaced = {"run 1": KNOWN}
    ledger = [record("a", "h1", replaced=replaced)]
    touched = decided([file("a", modified=LATER)], ledger, {"a": "h1"}, on_changed="replace")
    rejected = decided([file("a", length=12)], ledger, {"a": "h2"})
    for decision in (touched, rejected):
        assert [update.replaced for update in decision.updates] == [replaced]
    tried = [record("a", None, outcome="unreadable", replaced=replaced), record("b", "h")]
    skipped = decided([file("a")], tried, {"a": "h"}, on_changed="replace", on_duplicate="skip")
    assert [update.replaced for update in skipped.updates] == [replaced]


def test_a_full_refresh_replaces_only_what_has_another_content() -> None:
    ledger = {
        "a": record("a", "hash of a"),
        "b": record("b", "before"),
        "c": record("c", None),
        "d": record("d", "hash of d", outcome="unreadable"),
    }
    every = decided([file(key) for key in "abcde"])
    assert changed_contents(every, ledger) == {"b", "d"}


def test_what_was_rejected_is_loaded_once_new_versions_are_declared() -> None:
    message = "changed after it was loaded; rejected content sha256 h2"
    rejected = record("a", "h1", length=12, outcome="rejected", message=message)
    changed = file("a", length=12)
    decision = decided([changed], [rejected], {"a": "h2"}, on_changed="new_version")
    assert (decision.load, decision.new_versions) == ([changed], frozenset({"a"}))
    assert decision.alerts == []


def test_a_file_without_rows_may_be_filled_later() -> None:
    grown = file("a", length=99)
    decision = decided([grown], [record("a", "header alone", rows=0)], {"a": "h2"})
    assert (decision.load, decision.new_versions, decision.rejected) == ([grown], frozenset(), [])


def test_a_file_without_a_byte_is_passed_over() -> None:
    assert decided([file("a", length=0)]) == Decision()


def test_a_record_rebuilt_from_bronze_learns_what_lies_there() -> None:
    rebuilt = record("a", None, length=None, modified=None)
    decision = decided([file("a")], [rebuilt], {"a": "h1"})
    assert (decision.load, decision.rejected) == ([], [])
    assert decision.updates == [record("a", "h1")]


def test_unreadable_and_not_understood_files_are_tried_again() -> None:
    ledger = [record("a", "h", outcome="unreadable"), record("b", "i", outcome="not_understood")]
    assert decided([file("a"), file("b")], ledger).load == [file("a"), file("b")]


def test_equal_content_under_another_name_is_loaded_with_an_alert() -> None:
    same = {"b": "h", "c": "h"}
    decision = decided([file("b"), file("c")], [record("a", "h")], same)
    assert decision.load == [file("b"), file("c")]
    assert decision.alerts == [
        "2 files with the content of another file, loaded all the same: b (as a), c (as a)"
    ]


def test_equal_content_can_be_skipped_and_stays_skipped() -> None:
    same = {"a": "h", "b": "h"}
    decision = decided([file("a"), file("b")], (), same, on_duplicate="skip")
    assert decision.load == [file("a")]
    assert decision.alerts == ["1 file with the content of another file, skipped: b (as a)"]
    skipped = FileRecord("bronze.t", "b", 10, THEN, "h", None, 0, 0, "ignored", "the content of a")
    assert decision.updates == [skipped]
    again = decided([file("a"), file("b")], [record("a", "h"), skipped], on_duplicate="skip")
    assert again == Decision()


def test_a_name_that_nobody_can_read_is_named_and_not_loaded() -> None:
    colon = file("d/x-2026-03-03T10:00:00.jsonl")
    decision = decided([colon, file("d/a.jsonl")])
    assert [f.key for f in decision.load] == ["d/a.jsonl"]
    why = "its name holds a colon, which Hadoop cannot read; give it another name"
    assert decision.unreadable == {colon.key: why}
    assert [(r.path, r.outcome, r.message) for r in decision.updates] == [
        (colon.key, "unreadable", why)
    ]


def test_an_alert_names_three_files_at_most() -> None:
    ledger = [record(name, "h", outcome="rejected") for name in "abcde"]
    decision = decided([file(name) for name in "abcde"], ledger)
    assert decision.alerts == [
        "5 files changed after being loaded and not loaded again: a, b, c and 2 more"
    ]
