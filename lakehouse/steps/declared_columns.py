"""What declarations say of columns, table by table and without Spark: SQL, keys, suites, model.

The columns flow as the rows do: bronze as declared, after protection into silver's SQL, from there
into gold and features. A Python transformation, and whatever stands on it, is unknown: None.
"""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.declarations import ComputedTable, GoldTable, SilverTable, SnapshotTable
from lakehouse.config.missing_column import missing_column
from lakehouse.config.model_declaration import ModelDecl
from lakehouse.config.pipeline import Declarations
from lakehouse.config.yaml_file import shown
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.privacy.policy import Policy
from lakehouse.sql import incremental
from lakehouse.sql.columns import Columns, output_columns
from lakehouse.sql.expression import parse_expression
from lakehouse.sql.hidden_columns import add_hidden_columns
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query
from lakehouse.sql.references import unknown_columns
from lakehouse.steps.declared_python import candidates_errors, check_transform

PREDICTION = ("as_of", "model_name", "model_version", "probability")
_PARAMETERS = ("as_of", "until")


class DeclaredColumns:
    """The output of each table of a pipeline; ``mistakes`` holds what was wrong on the way.

    ``policy`` is None where it could not be read: then nothing behind bronze is known.
    """

    def __init__(self, declared: Declarations, policy: Policy | None) -> None:
        self.mistakes = Mistakes()
        self._declared = declared
        self._policy = policy
        self._outputs: dict[str, Columns] = {}

    def check(self) -> None:
        """Read every table and the model; the mistakes are in ``mistakes`` then."""
        pipeline = self._declared.pipeline
        for name in pipeline.computed():
            self.output(name)
        if pipeline.model is not None:
            self.mistakes += self._model(pipeline.model)

    def output(self, name: str) -> Columns:
        """What the shape of a table gives: for a snapshot without ``as_of``, which is added."""
        if name not in self._outputs:
            self._outputs[name] = None  # a table that reads itself knows nothing of itself
            self._outputs[name] = self._read(name)
        return self._outputs[name]

    def seen(self, reader: ComputedTable, name: str) -> Columns:
        """The columns under which ``reader`` sees its input ``name``."""
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

    def _read(self, name: str) -> Columns:
        pipeline = self._declared.pipeline
        if name in pipeline.bronze:
            return self._protected(name)
        if name in pipeline.computed():
            return self._computed(pipeline.computed()[name])
        model = pipeline.model
        if model is not None and name in pipeline.predictions():
            return tuple(dict.fromkeys([model.entity, *PREDICTION, *model.scores.carry]))
        return None

    def _protected(self, name: str) -> Columns:
        columns = self._declared.pipeline.bronze[name].columns
        kinds = {column: entry.pii for column, entry in columns.items() if entry.pii is not None}
        if self._policy is None or not set(kinds.values()) <= set(self._policy.kinds):
            return None
        treatments = self._policy.kinds
        return tuple(
            out for column, kind in kinds.items() for out in treatments[kind].outputs(column)
        )

    def _computed(self, table: ComputedTable) -> Columns:
        if not table.shape.is_file():
            return None
        if table.shape.suffix != ".sql":
            with self.mistakes:
                check_transform(table)
            columns: Columns = None
        else:
            columns = self._of_sql(table)
        self.mistakes += self._of_declaration(table, columns)
        return columns

    def _of_sql(self, table: ComputedTable) -> Columns:
        inputs = {name: self.seen(table, name) for name in table.inputs}
        with self.mistakes:
            query = _query(table)
            unknown = unknown_columns(query, inputs)
            columns = output_columns(query, inputs)
            self.mistakes += [*unknown, *_added_twice(table, query, columns)]
            keys_are_there = columns is None or set(table.keys) <= set(columns)
            if isinstance(table, SilverTable):
                add_hidden_columns(query, table.source, lookups=table.lookups)
            if isinstance(table, GoldTable) and table.mode.by_groups and keys_are_there:
                incremental.check(query, table.keys)
            return columns
        return None

    def _of_declaration(self, table: ComputedTable, columns: Columns) -> Iterator[DeclarationError]:
        """Keys and the like that the output does not have, and ``apply_as_deletes``."""
        document = self._declared.documents[table.table]
        if columns is not None:
            for path, name in _names(table):
                where, what = document.where(*path), str(path[0])
                yield from _missing(name, columns, table.table, where, what)
        if isinstance(table, SilverTable) and table.apply_as_deletes:
            mistakes = Mistakes()
            with mistakes:
                parse_expression(
                    table.apply_as_deletes,
                    file=shown(document.file),
                    line=document.line("apply_as_deletes"),
                    columns=columns,
                )
            yield from mistakes

    def _model(self, model: ModelDecl) -> Iterator[DeclarationError]:
        document = self._declared.documents["model"]
        yield from candidates_errors(model, document)
        labels = self.output(model.label_table)
        if labels is not None:
            where = document.where("label")
            yield from _missing(model.label_column, labels, model.label_table, where, "label")
        features = self.output(model.features.table)
        if features is not None:
            lists = {
                ("features", "columns"): model.features.columns or [],
                ("scores", "carry"): model.scores.carry,
            }
            for path, names in lists.items():
                for index, name in enumerate(names):
                    where, what = document.where(*path, index), ".".join(path)
                    yield from _missing(name, features, model.features.table, where, what)


def _missing(
    name: str, columns: tuple[str, ...], table: str, where: str, what: str
) -> Iterator[DeclarationError]:
    error = missing_column(name, columns, table=table, where=where, what=what)
    if error is not None:
        yield error


def _names(table: ComputedTable) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The columns that a declaration names, each with its place in the document."""
    if isinstance(table.keys, list):
        for index, key in enumerate(table.keys):
            yield ("keys", index), key
    if isinstance(table, SilverTable):
        for what, name in (("sequence_by", table.sequence_by), ("cluster_by", table.cluster_by)):
            if name:
                yield (what,), name


def _query(table: ComputedTable) -> Query:
    parameters: tuple[str, ...] = ()
    if isinstance(table, SnapshotTable):
        parameters = _PARAMETERS[: 2 if table.horizon else 1]
    try:
        text = table.shape.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        where = f"{shown(table.shape)}:1"
        raise DeclarationError("not readable as UTF-8 text", where=where) from None
    return parse(
        text,
        file=shown(table.shape),
        inputs=table.inputs,
        parameters=(*parameters, *table.info.constants),
    )


def _added_twice(
    table: ComputedTable, query: Query, columns: Columns
) -> Iterator[DeclarationError]:
    """Columns of one name, which Delta refuses, and ``as_of``, which the library adds."""
    names = [name.lower() for name in columns or ()]
    if isinstance(table, SnapshotTable) and "as_of" in names:
        yield query.error("as_of is added by the library", hint="leave it out of the SELECT")
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield query.error(f"two output columns are called '{name}'", hint="give one an alias")


def columns_of_rules(outputs: DeclaredColumns, table: ComputedTable) -> Columns:
    """What the rules of a table may read: its output, and the day of a row."""
    columns = outputs.output(table.table)
    if columns is None:
        return None
    return (*columns, "as_of" if isinstance(table, SnapshotTable) else "_known_date")
