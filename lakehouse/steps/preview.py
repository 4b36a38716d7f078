"""Preview: the first rows of a table, computed from its inputs by the current declaration. Writes
nothing."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.errors import UsageError
from lakehouse.refresh import sizing
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.context import RunContext
from lakehouse.steps.progress import Progress
from lakehouse.steps.refreshing import compiler_of
from lakehouse.steps.step import Request, Result

_WIDEST = 32


def run(context: RunContext, request: Request, progress: Progress) -> Result:
    """Show the name and the first rows of each selected table.

    Bronze is left out, since it holds personal data. Raises UsageError without ``--tables``, and
    where none of the selected tables can be shown.
    """
    if not request.tables:
        raise UsageError(
            "missing --tables",
            where="lakehouse preview",
            hint=context.command("preview", tables=["gold.…"], days=""),
        )
    computed = context.pipeline.computed()
    compiler = compiler_of(context)
    for name in [name for name in request.tables if name in computed] or request.tables:
        lines = format_rows(frame(context, compiler, name), request.options["rows"])
        progress.show("\n".join([name, *lines]))
    return Result()


def frame(context: RunContext, compiler: Compiler, name: str) -> DataFrame:
    """All rows of a computed table by its current declaration. Raises UsageError for others."""
    table = context.pipeline.computed().get(name)
    if table is None:
        raise UsageError(
            f"{name} cannot be previewed",
            where="--tables",
            hint="silver, gold, features and labels can: bronze holds personal data as it came",
        )
    definition = compiler.definition(table)
    return definition.kind.preview(sizing.fit_to_preview(context, definition), definition)


def format_rows(rows: DataFrame, most: int) -> list[str]:
    """The first rows as aligned lines of text with a header, and a note where rows are left out."""
    texts = rows.select(*[F.col(f"`{name}`").cast("string") for name in rows.columns])
    cells = [[_cell(value) for value in row] for row in texts.limit(most + 1).collect()]
    header = [_cell(name) for name in rows.columns]
    widths = [max(len(row[i]) for row in [header, *cells]) for i in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
             for row in [header, ["-" * width for width in widths], *cells[:most]]]  # fmt: skip
    more = [f"… only the first {most} rows are shown"] if len(cells) > most else []
    return lines + more


def _cell(value: str | None) -> str:
    text = "NULL" if value is None else " ".join(value.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"
