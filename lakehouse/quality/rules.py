"""A rule and a suite of rules, as the rest of the room reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lakehouse.config.yaml_file import did_you_mean, shown
from lakehouse.errors import DeclarationError
from lakehouse.quality import catalogue
from lakehouse.quality.suite_json import Json

Severity = Literal["critical", "warning", "info"]
WELL_FORMED = "row_is_well_formed"


@dataclass(frozen=True)
class Rule:
    """One expectation. ``nulls``: what becomes of a row whose value is NULL; ``scope``: whether
    it sees the rows of one business day or the table as it would be."""

    id: str
    type: str
    kwargs: Mapping[str, Json] = field(hash=False)
    severity: Severity
    mostly: float
    scope: Literal["day", "table"]
    nulls: Literal["fail", "pass"]
    notes: str | None
    line: int
    file: Path

    @property
    def where(self) -> str:
        """``file:line`` of the expectation."""
        return f"{shown(self.file)}:{self.line}"

    @property
    def kind(self) -> catalogue.Kind:
        """How the rule is judged."""
        return catalogue.kind_of(self.type)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the rule reads; none for a rule that asks which columns there are."""
        if self.type == "expect_column_to_exist" or self.type.startswith("expect_table_columns"):
            return ()
        names = [
            self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs
        ]
        return (*names, *self.kwargs.get("column_list", ()))


@dataclass(frozen=True)
class Suite:
    """The rules of a table, in the order of its file."""

    name: str
    file: Path
    rules: tuple[Rule, ...]

    @property
    def day_rules(self) -> tuple[Rule, ...]:
        """The rules that see the rows of one business day."""
        return tuple(rule for rule in self.rules if rule.scope == "day")

    @property
    def row_rules(self) -> tuple[Rule, ...]:
        """Those of the day rules that judge single rows: a row that fails one is named."""
        return tuple(rule for rule in self.day_rules if rule.kind == "row")

    @property
    def table_rules(self) -> tuple[Rule, ...]:
        """The rules that see the table as it would be."""
        return tuple(rule for rule in self.rules if rule.scope == "table")


def columns_used(suite: Suite) -> frozenset[str]:
    """The columns that any rule of the suite reads."""
    return frozenset(column for rule in suite.rules for column in rule.columns)


def check_columns(suite: Suite, columns: Iterable[str]) -> None:
    """Raise DeclarationError for the first rule that reads a column outside ``columns``."""
    known = list(columns)
    for rule in suite.rules:
        for column in rule.columns:
            if column not in known:
                raise DeclarationError(
                    f"rule '{rule.id}': {suite.name} has no column '{column}'"
                    + did_you_mean(column, known),
                    where=rule.where,
                )
