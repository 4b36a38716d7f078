"""Parse and check the transformation of a table, for validate, plan and refresh alike.

Does not import Spark, so that ``validate`` is fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lakehouse.config.charts import columns_of
from lakehouse.config.declarations import ComputedTable, GoldTable, SilverTable, SnapshotTable
from lakehouse.config.missing_column import missing_column
from lakehouse.config.yaml_file import Document, KeyPath, shown
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.sql import incremental
from lakehouse.sql.columns import Columns, infer_columns
from lakehouse.sql.expression import Expression, parse_expression
from lakehouse.sql.hidden_columns import add_hidden_columns
from lakehouse.sql.parameters import bind_constants, has_parameter
from lakehouse.sql.parse import parse
from lakehouse.sql.query import Query
from lakehouse.sql.references import find_unknown_columns

PARAMETERS = ("as_of", "until")


@dataclass(frozen=True)
class CompiledQuery:
    """A transformation as written by its author (``author``) and as executed (``query``).

    Both are None for Python. ``columns`` are the output columns, None where they are not known;
    ``deletes`` is the parsed ``apply_as_deletes``; ``mistakes`` are all errors.
    """

    author: Query | None = None
    query: Query | None = None
    columns: Columns = None
    deletes: Expression | None = None
    mistakes: Mistakes = field(default_factory=Mistakes)


def compile_query(
    table: ComputedTable,
    inputs: Mapping[str, Columns] | None = None,
    document: Document | None = None,
) -> CompiledQuery:
    """Parse and check the transformation of ``table`` and the columns that it declares.

    ``inputs`` are the columns of its inputs, where known; ``document`` has the line numbers of
    its declaration. Raises nothing: errors are in ``CompiledQuery.mistakes``.
    """
    mistakes, known = Mistakes(), inputs or {}
    author, query, deletes = None, None, None
    columns: Columns = None
    if table.transformation.suffix == ".sql":
        with mistakes:
            author = _parse_query(table)
            outputs = infer_columns(author, known)
            mistakes += find_unknown_columns(author, known)
            mistakes += _open_window(table, author)
            mistakes += _duplicate_columns(table, author, outputs)
            query = _rewrite(table, author, outputs)
            columns = outputs
    if columns is not None:
        mistakes += _missing_columns(table, columns, document)
    with mistakes:
        deletes = _parse_deletes(table, columns)
    return CompiledQuery(author, query, columns, deletes, mistakes)


def _parse_query(table: ComputedTable) -> Query:
    """Parse the SQL and bind the pipeline's constants. Raises DeclarationError (file:line)."""
    parameters: tuple[str, ...] = ()
    if isinstance(table, SnapshotTable):
        parameters = PARAMETERS[: 2 if table.horizon else 1]
    file, constants = shown(table.transformation), table.info.constants
    try:
        text = table.transformation.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DeclarationError("not readable as UTF-8 text", where=f"{file}:1") from None
    parsed = parse(text, file=file, inputs=table.inputs, parameters=(*parameters, *constants))
    return bind_constants(parsed, constants)


def _open_window(table: ComputedTable, author: Query) -> Iterator[DeclarationError]:
    """An error for a label with a maturity that does not use ``:until``: what happened after its
    window would be in it."""
    is_matured = isinstance(table, SnapshotTable) and table.maturity
    if is_matured and not has_parameter(author, "until"):
        yield DeclarationError(
            "the SQL of a label with a maturity needs :until, the last day of its window",
            where=f"{shown(table.transformation)}:1",
            hint="filter the events by their day, such as WHERE order_date <= :until",
        )


def _rewrite(table: ComputedTable, author: Query, columns: Columns) -> Query:
    """The query as executed. ``replace_keys`` is checked only if all keys are output columns."""
    if isinstance(table, SilverTable):
        return add_hidden_columns(author, table.source, lookups=table.lookups)
    has_keys = columns is None or set(table.keys) <= set(columns)
    if isinstance(table, GoldTable) and table.mode.by_groups and has_keys:
        incremental.check(author, table.keys)
    return author


def _duplicate_columns(
    table: ComputedTable, query: Query, columns: Columns
) -> Iterator[DeclarationError]:
    """Errors for duplicate column names, and for ``as_of``, which the library adds."""
    names = [name.lower() for name in columns or ()]
    if isinstance(table, SnapshotTable) and "as_of" in names:
        yield query.error("as_of is added by the library", hint="leave it out of the SELECT")
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield query.error(f"duplicate output column '{name}'", hint="give one an alias")


def _missing_columns(
    table: ComputedTable, columns: tuple[str, ...], document: Document | None
) -> Iterator[DeclarationError]:
    """Errors for columns that the declaration names but the output does not have."""
    named: list[tuple[KeyPath, str]] = [(("keys", n), key) for n, key in enumerate(table.keys)]
    if isinstance(table, SilverTable):
        options = {"sequence_by": table.sequence_by, "cluster_by": table.cluster_by}
        named += [((option,), name) for option, name in options.items() if name]
    if isinstance(table, GoldTable):
        named += columns_of(table.chart)
    if isinstance(table, SnapshotTable):
        named += [(("columns", name), name) for name in table.columns]
    for path, name in named:
        option = str(path[0])
        line = document.line(*path) if document else table.lines.get(option, 1)
        where = f"{shown(table.file)}:{line}"
        error = missing_column(name, columns, table=table.table, where=where, what=option)
        if error is not None:
            yield error


def _parse_deletes(table: ComputedTable, columns: Columns) -> Expression | None:
    if not isinstance(table, SilverTable) or not table.apply_as_deletes:
        return None
    line = table.lines.get("apply_as_deletes", 1)
    return parse_expression(
        table.apply_as_deletes, file=shown(table.file), line=line, columns=columns
    )
