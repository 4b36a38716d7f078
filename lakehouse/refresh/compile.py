"""Compile declarations into definitions: once, before anything runs, without a session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from lakehouse.config.checks import suite_file
from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    GoldTable,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.config.model.declaration import PredictionTable
from lakehouse.config.pipeline import Pipeline
from lakehouse.config.plugins import import_object
from lakehouse.config.settings import Settings
from lakehouse.config.yaml_file import shown
from lakehouse.errors import Mistakes
from lakehouse.privacy.fingerprint import describe_treatments
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy
from lakehouse.quality import builtin
from lakehouse.quality.rules import Rule, Suite
from lakehouse.quality.suites import load_suite
from lakehouse.refresh.branches import unite_definitions
from lakehouse.refresh.compile_query import CompiledQuery, compile_query
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_parts import DefinitionParts, Parts, find_columns_read
from lakehouse.refresh.kinds.gold import Gold
from lakehouse.refresh.kinds.silver import Silver
from lakehouse.refresh.kinds.snapshot import Snapshot
from lakehouse.refresh.write_modes import registry
from lakehouse.sources.registry import source_of


class Compiler:
    """Compiles the declarations of one pipeline with its settings, privacy policy and key."""

    def __init__(
        self, pipeline: Pipeline, settings: Settings, policy: Policy, key: Callable[[], Key] | None
    ) -> None:
        self.pipeline = pipeline
        self.settings = settings
        self.policy = policy
        self.parts = DefinitionParts(pipeline, policy, key)

    def compile(self, tables: Iterable[Table] | None = None) -> dict[str, Definition]:
        """Every table's definition, by name. Raises DeclarationError for all mistakes at once."""
        mistakes, definitions = Mistakes(), {}
        for table in self.pipeline.tables().values() if tables is None else tables:
            with mistakes:
                definitions[table.table] = self.definition(table)
        mistakes.raise_all()
        return definitions

    def definition(self, table: Table) -> Definition:
        """One table's definition. Raises DeclarationError (file:line)."""
        if isinstance(table, BronzeTable):
            return self._bronze(table)
        if isinstance(table, SilverTable):
            return self._silver(table)
        if isinstance(table, GoldTable):
            return self._gold(table)
        if isinstance(table, SnapshotTable):
            return self._snapshot(table)
        raise TypeError(f"unknown kind of table: {type(table).__name__}")

    def suite(self, table: Table, rules: Iterable[Rule] = ()) -> Suite:
        """The declared expectations, with the built-in ``rules`` ahead of them."""
        if not isinstance(table, ComputedTable | PredictionTable) or not table.expectations:
            return Suite(table.table, table.file, ()).with_builtin(rules)
        file = suite_file(self.settings.conf_dir, table)
        return load_suite(file).with_builtin(rules)

    def _bronze(self, table: BronzeTable) -> Definition:
        source = source_of(table)
        parts: Parts = {
            "columns": {name: column.type for name, column in table.columns.items()},
            "options": source.definition(table),
        }
        reading = {name: column.reading() for name, column in table.columns.items()}
        if any(reading.values()):
            parts["reading"] = {name: keys for name, keys in reading.items() if keys}
        return Definition(
            table=table,
            kind=import_object(source.intake)(),
            mode=registry.NEW_ROWS,
            inputs=(),
            suite=self.suite(table),
            parts=parts,
        )

    def _silver(self, table: SilverTable) -> Definition:
        branches = [self._silver_branch(branch) for branch in table.branches]
        return branches[0] if len(branches) == 1 else unite_definitions(table, branches)

    def _silver_branch(self, table: SilverTable) -> Definition:
        compiled = self._compile_query(table)
        author, deletes = compiled.author, compiled.deletes
        where = f"{shown(table.file)}:1"
        rules = [builtin.well_formed(where)]
        sequence = table.sequence_by if table.keeps_history else None
        if sequence and not _requires_value(self.suite(table), sequence):
            present = builtin.present(builtin.SEQUENCE_IS_PRESENT, sequence, where)
            rules.append(replace(present, mostly=rules[0].mostly))
        histories = [n for n in table.lookups if self.pipeline.silver[n].keeps_history]
        parts = self.parts.logic(table, author) | {
            "write": table.write,
            "keys": "all" if table.drop_exact_repeats else list(table.keys),
            "sequence_by": table.sequence_by,
            "apply_as_deletes": deletes.sql() if deletes else None,
            **({"keep_deletes": table.keep_deletes} if table.keep_deletes else {}),
            **({"timezone": table.info.timezone} if histories else {}),
            **({"dumps": True} if self.pipeline.bronze[table.source].is_snapshot else {}),
            **self.parts.protection([table.source], find_columns_read(author)),
        }
        return Definition(
            table=table,
            kind=Silver(),
            mode=registry.declared_mode(table.write),
            inputs=tuple(table.inputs),
            suite=self.suite(table, rules),
            parts=parts,
            query=compiled.query,
            deletes=deletes,
            treatments=describe_treatments(self.pipeline.bronze[table.source].columns, self.policy),
            protection=self.parts.all_treatments([table.source]),
        )

    def _gold(self, table: GoldTable) -> Definition:
        query = self._compile_query(table).query
        return Definition(
            table=table,
            kind=Gold(),
            mode=registry.declared_mode(table.write),
            inputs=tuple(table.inputs),
            suite=self.suite(table).with_default_scope("table"),
            parts=self.parts.logic(table, query) | {"write": table.write, "keys": list(table.keys)},
            query=query,
        )

    def _snapshot(self, table: SnapshotTable) -> Definition:
        query = self._compile_query(table).query
        where = f"{shown(table.file)}:1"
        unique = builtin.unique("key_is_unique_per_day", [*table.keys, "as_of"], where, "day")
        ranges = {
            name: self.pipeline.silver[name].cluster_by for name in table.inputs if table.lookback
        }
        parts = self.parts.logic(table, query) | {
            "keys": list(table.keys),
            "lookback": table.lookback,
            "horizon": table.horizon,
            **({"maturity": table.maturity} if table.maturity else {}),
            "ranges": ranges,
            "timezone": table.info.timezone,
            **self.parts.protection(self.parts.sources_of(table.table)),
        }
        return Definition(
            table=table,
            kind=Snapshot(),
            mode=registry.SNAPSHOT,
            inputs=tuple(table.inputs),
            suite=self.suite(table, [unique]),
            parts=parts,
            query=query,
            protection=self.parts.all_treatments(self.parts.sources_of(table.table)),
        )

    def _compile_query(self, table: ComputedTable) -> CompiledQuery:
        compiled = compile_query(table)
        compiled.mistakes.raise_all()
        return compiled


def _requires_value(suite: Suite, column: str) -> bool:
    """Whether a declared rule already quarantines rows without the column."""
    not_null = "expect_column_values_to_not_be_null"
    return any(
        rule.type == not_null and rule.columns == (column,) and rule.quarantines
        for rule in suite.rules
    )
