"""A rule, and a suite of rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from lakehouse.config.missing_column import missing_column
from lakehouse.errors import DeclarationError
from lakehouse.quality.expectations.expectation import Kind
from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.expectations.registry import kind_of
from lakehouse.quality.suite_json import Json

Severity = Literal["critical", "warning", "info"]
Scope = Literal["day", "table"]


@dataclass(frozen=True)
class Rule:
    """One expectation. ``nulls``: whether a NULL value fails or passes; ``scope``: whether the rule
    is evaluated on the rows of one business day or on the table as it would be; ``where``:
    ``file:line`` of the expectation, or of the table's declaration for a built-in rule."""

    id: str
    type: str
    kwargs: Mapping[str, Json] = field(hash=False)
    severity: Severity
    mostly: float
    scope: Scope
    nulls: Literal["fail", "pass"]
    notes: str | None
    where: str
    scope_declared: bool = True

    @property
    def kind(self) -> Kind:
        """How the rule is evaluated."""
        return kind_of(self.type)

    @property
    def is_flagged(self) -> bool:
        """Whether every row of a batch is flagged: row rules of day scope, and row rules whose
        scope is ``table`` by the default of the kind of table, not by declaration."""
        return self.kind == "row" and (self.scope == "day" or not self.scope_declared)

    @property
    def quarantines(self) -> bool:
        """Whether a row that fails the rule goes to quarantine."""
        return self.is_flagged and self.severity == "critical"

    @property
    def columns(self) -> tuple[str, ...]:
        """The declared columns that the rule reads; none for a rule on the table's schema or on a
        hidden column."""
        is_about_schema = self.type.startswith("expect_table_columns")
        if is_about_schema or self.type in ("expect_column_to_exist", WELL_FORMED):
            return ()
        names = [
            self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs
        ]
        return (*names, *self.kwargs.get("column_list", ()))


@dataclass(frozen=True)
class Suite:
    """The rules of a table, built-in ones first, then in the order of its file.

    ``well_formed_mostly`` is the share of a day's rows that must be well formed; None for the
    default of the built-in rule.
    """

    name: str
    file: Path
    rules: tuple[Rule, ...]
    well_formed_mostly: float | None = None

    @property
    def day_rules(self) -> tuple[Rule, ...]:
        """The rules that are evaluated on each business day."""
        return tuple(rule for rule in self.rules if rule.scope == "day")

    @property
    def row_rules(self) -> tuple[Rule, ...]:
        """The rules with which every row of a batch is flagged."""
        return tuple(rule for rule in self.rules if rule.is_flagged)

    @property
    def table_rules(self) -> tuple[Rule, ...]:
        """The rules that are evaluated on the table as it would be."""
        return tuple(rule for rule in self.rules if rule.scope == "table")

    def with_builtin(self, rules: Iterable[Rule]) -> Suite:
        """The suite with built-in rules before its own.

        Raises DeclarationError (file:line) for a declared rule with the id of a built-in one.
        """
        builtin = tuple(self._with_declared_share(rule) for rule in rules)
        for error in builtin_id_errors(self, builtin):
            raise error
        return replace(self, rules=(*builtin, *self.rules))

    def _with_declared_share(self, rule: Rule) -> Rule:
        if rule.id != WELL_FORMED or self.well_formed_mostly is None:
            return rule
        return replace(rule, mostly=self.well_formed_mostly)

    def with_default_scope(self, scope: Scope) -> Suite:
        """The suite with ``scope`` for rules that declare none and whose result depends on which
        rows they see: totals, uniqueness, shares (``mostly`` below 1).

        Gold needs ``table``: a refresh computes only the affected groups, and a share can hold for
        the table although it does not hold for these. Rows that fail such a rule still go to
        quarantine.
        """
        rules = [
            replace(rule, scope=scope) if _depends_on_rows_seen(rule) else rule
            for rule in self.rules
        ]
        return replace(self, rules=tuple(rules))


def _depends_on_rows_seen(rule: Rule) -> bool:
    return not rule.scope_declared and (rule.kind != "row" or rule.mostly < 1)


def check_columns(suite: Suite, columns: Iterable[str]) -> None:
    """Raise DeclarationError for the first rule that reads a column outside ``columns``."""
    for error in column_errors(suite, columns):
        raise error


def column_errors(suite: Suite, columns: Iterable[str]) -> list[DeclarationError]:
    """An error (file:line, nearest name) for each column outside ``columns`` that a rule reads."""
    known = list(columns)
    errors = [
        missing_column(column, known, table=suite.name, where=rule.where, what=f"rule '{rule.id}'")
        for rule in suite.rules
        for column in rule.columns
    ]
    return [error for error in errors if error is not None]


def builtin_id_errors(suite: Suite, builtin: Iterable[Rule]) -> list[DeclarationError]:
    """An error (file:line) for each declared rule that has the id of a built-in one."""
    taken = {rule.id for rule in builtin}
    return [
        DeclarationError(
            f"'{rule.id}' is a built-in rule of {suite.name}; choose another id", where=rule.where
        )
        for rule in suite.rules
        if rule.id in taken
    ]
