"""The steps of a refresh that differ by kind of table; defaults fit computed tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pyspark.sql import DataFrame

from lakehouse.errors import DeclarationError, RunFailed
from lakehouse.refresh import quarantine_table
from lakehouse.refresh.batch import Batch, NothingNew
from lakehouse.refresh.context import Run, RunContext
from lakehouse.refresh.definition import Definition
from lakehouse.refresh.definition_changes import Change, Decision
from lakehouse.refresh.gate import Checked, check_rules
from lakehouse.refresh.progress import Position
from lakehouse.refresh.schema_changes import refuse_other_types


class Kind(ABC):
    """One kind of table. ``day`` is the column that separates business days for the rules."""

    name: str = ""
    day: str | None = "_known_date"

    @abstractmethod
    def read_new(
        self, context: RunContext, definition: Definition, *, full: bool = False
    ) -> Batch | NothingNew:
        """The part of the inputs that the table has not read yet; with ``full``, all of it.

        Writes nothing. Raises LakehouseError where the table must not be refreshed.
        """

    @abstractmethod
    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """Apply the table's transformation to the batch; silver protects the bronze rows first."""

    @abstractmethod
    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """Decide what happens to a table that was built with another definition."""

    @abstractmethod
    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """Rows computed by the current declaration from the current inputs; nothing is written."""

    def positions(
        self, context: RunContext, definition: Definition
    ) -> dict[str, Position] | NothingNew:
        """The current position of each input, or NothingNew where one does not exist yet."""
        now = context.progress.positions(context.tables, definition.inputs)
        missing = [name for name in definition.inputs if name not in now]
        return NothingNew(f"waits for {', '.join(missing)}") if missing else now

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """Evaluate the rules. Raises DeclarationError where a column's type has changed."""
        self.check_schema(context, definition, batch, rows)
        return check_rules(
            rows,
            definition.suite,
            day=self.day,
            keep=context.keep,
            table_after=lambda accepted: definition.mode.table_after(
                context, definition, batch, accepted
            ),
            types=self.types(context, definition),
            quarantined=lambda rejected, count: self.all_quarantined(
                context, definition, batch, rejected if count else None
            ),
        )

    def all_quarantined(
        self, context: RunContext, definition: Definition, batch: Batch, rejected: DataFrame | None
    ) -> DataFrame | None:
        """All rejected rows that are missing from the table, by default those of the batch; None
        where there are none."""
        return rejected

    def check_schema(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> None:
        """Raise DeclarationError where a column's type differs from that of the stored table."""
        state = context.progress.state(context.tables, definition.name)
        if state is not None and not batch.is_full:
            refuse_other_types(context.tables.read(definition.name), rows, definition)

    def types(self, context: RunContext, definition: Definition) -> dict[str, str]:
        """The declared types of the source's columns, for the quarantine's reasons."""
        return {}

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """Write the rejected rows to the table's quarantine."""
        if checked.rejected is not None:
            quarantine_table.write(
                context,
                definition.name,
                checked.rejected,
                checked.verdict.rows_quarantined,
                batch=batch.name,
            )

    def finish(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """What follows the write of the accepted rows; by default nothing."""
        return

    def reread_accepted(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """Read the complete source again, up to the batch's end; the rows that the rules accept.

        They have ``_known_until`` where the source may hold file contents that were replaced.
        """
        raise RunFailed("the source cannot be read again", where=definition.name)

    def read_superseded(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """The rows of ``batch.superseded`` in the table's form, with ``_known_until``."""
        raise RunFailed("no file content of the source was replaced", where=definition.name)

    def refuse(self, definition: Definition, changes: Sequence[Change], hint: str) -> Decision:
        """A Decision with the error that names each changed part of the definition."""
        parts = "; ".join(change.text for change in changes)
        return Decision(
            error=DeclarationError(
                f"{definition.name} was built with another definition: {parts}",
                where=definition.where,
                hint=hint,
            )
        )
