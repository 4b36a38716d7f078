"""The columns of each declared table, derived without Spark, and the mistakes found meanwhile.

Columns are derived in the order of the data flow: bronze as declared, protected, then through the
SQL of silver, gold and features. The columns of a Python transformation, and of whatever reads it,
are unknown: None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lakehouse.config.declarations import ComputedTable, SilverTable, SnapshotTable
from lakehouse.config.missing_column import missing_column
from lakehouse.config.model.declaration import ModelDecl
from lakehouse.config.pipeline import Declarations
from lakehouse.config.yaml_file import Document, shown
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.privacy.policy import Policy
from lakehouse.refresh.compile_query import compile_query
from lakehouse.sql.columns import Columns
from lakehouse.steps.declared_python import candidates_errors, check_transform
from lakehouse.steps.prediction_columns import carried_twice, prediction_columns


class DeclaredColumns:
    """The output columns of each table of a pipeline; ``mistakes`` collects what is wrong.

    ``policy`` is None where it could not be read; then only bronze is known.
    """

    def __init__(self, declared: Declarations, policy: Policy | None) -> None:
        self.mistakes = Mistakes()
        self._declared = declared
        self._policy = policy
        self._outputs: dict[str, Columns] = {}

    def check(self) -> None:
        """Check every table and the model; the mistakes are collected in ``mistakes``."""
        pipeline = self._declared.pipeline
        for name in pipeline.computed():
            self.output(name)
        if pipeline.model is not None:
            self.mistakes += self._check_model(pipeline.model)

    def output(self, name: str) -> Columns:
        """The output columns of a table's transformation; a snapshot's without ``as_of``."""
        if name not in self._outputs:
            self._outputs[name] = None  # ends the recursion for a table that reads itself
            self._outputs[name] = self._derive(name)
        return self._outputs[name]

    def columns_of_input(self, reader: ComputedTable, name: str) -> Columns:
        """The columns of the input ``name`` as ``reader`` sees them."""
        pipeline = self._declared.pipeline
        columns = self.output(name)
        if columns is None:
            return None
        if isinstance(reader, SnapshotTable) and name in pipeline.silver:
            past = pipeline.silver[name].mode.past_columns
            return tuple(dict.fromkeys([*columns, *past]))
        if name in pipeline.features or name in pipeline.labels:
            return ("as_of", *columns)
        return columns

    def _derive(self, name: str) -> Columns:
        pipeline = self._declared.pipeline
        if name in pipeline.bronze:
            return self._derive_bronze(name)
        if name in pipeline.computed():
            return self._derive_computed(pipeline.computed()[name])
        model = pipeline.model
        if model is not None and name in pipeline.predictions():
            is_history = name == model.scores.history
            columns = [model.entity, *prediction_columns(model, is_history=is_history)]
            return tuple(dict.fromkeys([*columns, *model.scores.carry]))
        return None

    def _derive_bronze(self, name: str) -> Columns:
        columns = self._declared.pipeline.bronze[name].columns
        kinds = {column: entry.pii for column, entry in columns.items() if entry.pii is not None}
        if self._policy is None or not set(kinds.values()) <= set(self._policy.kinds):
            return None
        treatments = self._policy.kinds
        return tuple(
            out for column, kind in kinds.items() for out in treatments[kind].outputs(column)
        )

    def _derive_computed(self, table: ComputedTable) -> Columns:
        if not isinstance(table, SilverTable):
            return self._derive_transformation(table)
        outputs = [(branch, self._derive_transformation(branch)) for branch in table.branches]
        known = [(branch, columns) for branch, columns in outputs if columns is not None]
        for branch, columns in known[1:]:
            self.mistakes += _differing_columns(*known[0], branch, columns)
        return known[0][1] if len(known) == len(outputs) else None

    def _derive_transformation(self, table: ComputedTable) -> Columns:
        if not table.transformation.is_file():
            return None
        if table.transformation.suffix != ".sql":
            with self.mistakes:
                check_transform(table)
        inputs = {name: self.columns_of_input(table, name) for name in table.inputs}
        compiled = compile_query(table, inputs, self._declared.documents[table.table])
        self.mistakes += compiled.mistakes
        return compiled.columns

    def _features_of(self, model: ModelDecl) -> Columns:
        """The columns of all feature tables of the model; None where one of them is unknown."""
        columns: list[str] = []
        for name in model.features.tables:
            output = self.output(name)
            if output is None:
                return None
            columns += output
        return tuple(columns)

    def _check_model(self, model: ModelDecl) -> Iterator[DeclarationError]:
        document = self._declared.documents["model"]
        yield from candidates_errors(model, document)
        labels = self.output(model.label_table)
        if labels is not None:
            where = document.where("label")
            yield from _missing(model.label_column, labels, model.label_table, where, "label")
        features = self._features_of(model)
        if features is not None:
            yield from _doubled(model, features, document)
            lists = {
                ("features", "columns"): model.features.columns or [],
                ("scores", "carry"): model.scores.carry,
                ("slices",): [declared.column for declared in model.slices],
                ("rule_of_thumb",): model.rule_of_thumb,
                ("monitoring", "by"): model.monitoring.by,
            }
            yield from carried_twice(model, document)
            if model.scores.value is not None:
                where, what = document.where("scores", "value"), "scores.value"
                yield from _missing(model.scores.value, features, model.features.table, where, what)
            for path, names in lists.items():
                for index, name in enumerate(names):
                    where, what = document.where(*path, index), ".".join(path)
                    yield from _missing(name, features, model.features.table, where, what)


def _doubled(
    model: ModelDecl, columns: Sequence[str], document: Document
) -> Iterator[DeclarationError]:
    """An error for each column that two feature tables have, other than the column of the join."""
    keys = {join.key for join in model.features.joins}
    for name in dict.fromkeys(columns):
        if columns.count(name) > 1 and name not in keys:
            yield DeclarationError(
                f"several feature tables have the column '{name}'",
                where=document.where("features", "joins"),
                hint="give it another name in the joined table",
            )


def _differing_columns(
    first: SilverTable, expected: Sequence[str], branch: SilverTable, columns: Sequence[str]
) -> Iterator[DeclarationError]:
    """An error where the transformations of two sources do not return the same columns."""
    lacks = [name for name in expected if name not in columns]
    adds = [name for name in columns if name not in expected]
    if lacks or adds:
        what = f"no column '{lacks[0]}'" if lacks else f"a column '{adds[0]}' of its own"
        yield DeclarationError(
            f"{what}: the transformations of all sources of {branch.table} return the same "
            f"columns, as in {first.transformation.name}",
            where=f"{shown(branch.transformation)}:1",
        )


def _missing(
    name: str, columns: tuple[str, ...], table: str, where: str, what: str
) -> Iterator[DeclarationError]:
    error = missing_column(name, columns, table=table, where=where, what=what)
    if error is not None:
        yield error


def columns_of_rules(outputs: DeclaredColumns, table: ComputedTable) -> Columns:
    """The columns that the rules of a table may read: its output, and the day of a row."""
    columns = outputs.output(table.table)
    if columns is None:
        return None
    return (*columns, "as_of" if isinstance(table, SnapshotTable) else "_known_date")
