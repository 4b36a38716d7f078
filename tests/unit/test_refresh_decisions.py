"""A changed definition has one outcome for each kind of change and each kind of table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lakehouse.config.declarations import (
    BronzeTable,
    Column,
    GoldTable,
    PipelineInfo,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.quality.rules import Suite
from lakehouse.refresh.context import Run
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import Change, compare
from lakehouse.refresh.kinds.bronze import Bronze
from lakehouse.refresh.kinds.gold import Gold
from lakehouse.refresh.kinds.kind import Kind
from lakehouse.refresh.kinds.silver import Silver
from lakehouse.refresh.kinds.snapshot import Snapshot
from lakehouse.refresh.write_modes import registry
from lakehouse.sources.file_source import FileSource

DAY = date(2026, 3, 2)
SHARED = {"description": "d", "file": Path("a.yml")}
COMPUTED = SHARED | {
    "transformation": Path("a.sql"),
    "info": PipelineInfo(description="d", owner="o"),
}
KINDS: dict[str, tuple[Kind, Table]] = {
    "bronze": (
        Bronze(),
        BronzeTable(
            table="bronze.a",
            source=FileSource(kind="files", format="csv", path="{landing}/a"),
            columns={"id": Column(type="int", pii="none")},
            **SHARED,
        ),
    ),
    "silver": (
        Silver(),
        SilverTable(table="silver.a", source="bronze.a", write="append", **COMPUTED),
    ),
    "silver, append_new_columns": (
        Silver(),
        SilverTable(
            table="silver.a",
            source="bronze.a",
            write="append",
            on_schema_change="append_new_columns",
            **COMPUTED,
        ),
    ),
    "gold": (Gold(), GoldTable(table="gold.a", source="silver.a", write="rebuild", **COMPUTED)),
    "features": (Snapshot(), SnapshotTable(table="gold.f", source="silver.a", **COMPUTED)),
}
PLAIN, ACCEPT, FULL = {}, {"accept_change": True}, {"full_refresh": True}
REFUSED, GOES_ON, WHOLE = "refused", "goes on", "computed whole"


def outcome(kind: str, part: str, options: dict[str, bool], text: str = "x: a → b") -> str:
    how, table = KINDS[kind]
    definition = Definition(
        table=table,
        kind=how,
        mode=registry.SNAPSHOT,
        inputs=(),
        suite=Suite("a", Path("a.yml"), ()),
        parts={},
    )
    run = Run("r", "run", DAY, DAY, **options)
    decision = how.decide(definition, [Change(part, text)], run)
    if decision.error is not None:
        assert decision.error.exit_code == 2
        assert text in decision.error.message
        return REFUSED
    return WHOLE if decision.recompute else GOES_ON


MATRIX = [
    # part, kind, plain, --accept-change, --full-refresh
    ("logic", "silver", REFUSED, GOES_ON, WHOLE),
    ("constants.timezone", "silver", REFUSED, GOES_ON, WHOLE),
    ("sequence_by", "silver", REFUSED, GOES_ON, WHOLE),
    ("new_columns", "silver", REFUSED, GOES_ON, WHOLE),
    ("new_columns", "silver, append_new_columns", GOES_ON, GOES_ON, WHOLE),
    ("keys", "silver", REFUSED, REFUSED, WHOLE),
    ("write", "silver", REFUSED, REFUSED, WHOLE),
    ("treatments.b.mail", "silver", REFUSED, REFUSED, WHOLE),
    ("treatments.b.mail", "silver, append_new_columns", REFUSED, REFUSED, WHOLE),
    ("key", "silver", REFUSED, REFUSED, WHOLE),
    ("unrecorded", "silver", REFUSED, REFUSED, WHOLE),
    ("logic", "gold", WHOLE, WHOLE, WHOLE),
    ("keys", "gold", WHOLE, WHOLE, WHOLE),
    ("constants.week_shift", "gold", WHOLE, WHOLE, WHOLE),
    ("logic", "features", GOES_ON, GOES_ON, GOES_ON),
    ("lookback", "features", GOES_ON, GOES_ON, GOES_ON),
    ("treatments.b.mail", "features", REFUSED, REFUSED, REFUSED),
    ("key", "features", REFUSED, REFUSED, REFUSED),
    ("columns.id", "bronze", REFUSED, REFUSED, WHOLE),
    ("options.delimiter", "bronze", REFUSED, GOES_ON, WHOLE),
]


@pytest.mark.parametrize(("part", "kind", "plain", "accepted", "full"), MATRIX)
def test_each_change_has_one_outcome_per_kind_of_table(
    part: str, kind: str, plain: str, accepted: str, full: str
) -> None:
    assert outcome(kind, part, PLAIN) == plain
    assert outcome(kind, part, ACCEPT) == accepted
    assert outcome(kind, part, FULL) == full


def test_a_column_more_in_bronze_is_no_change_that_stops() -> None:
    stored = {"columns": {"id": "int"}, "options": {"format": "csv"}}
    now = {"columns": {"id": "int", "n": "int"}, "options": {"format": "csv"}}
    (change,) = compare(stored, now)
    assert outcome("bronze", change.part, PLAIN, change.text) == GOES_ON
    (gone,) = compare(now, stored)
    assert outcome("bronze", gone.part, PLAIN, gone.text) == REFUSED


def test_a_refusal_says_where_and_what_next() -> None:
    how, table = KINDS["silver"]
    definition = Definition(
        table=table,
        kind=how,
        mode=registry.declared_mode("append"),
        inputs=("bronze.a",),
        suite=Suite("a", Path("a.yml"), ()),
        parts={},
    )
    run = Run("r", "refine", DAY, DAY)
    error = how.decide(definition, [Change("logic", "its transformation changed")], run).error
    assert error is not None
    assert str(error) == (
        "a.sql:1: silver.a was built with another definition: its transformation changed\n"
        "  --full-refresh rebuilds the table; --accept-change applies the new definition to "
        "new rows only"
    )
