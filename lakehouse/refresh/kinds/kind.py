"""What a kind of table supplies to a refresh; the defaults are those of a computed table."""

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
    """One kind of table. ``day`` is the column by which rules see business days."""

    name: str = ""
    day: str | None = "_known_date"

    @abstractmethod
    def read_new(
        self, context: RunContext, definition: Definition, *, whole: bool = False
    ) -> Batch | NothingNew:
        """What the table has not read yet; with ``whole`` everything, whatever it has read.

        Writes nothing. Raises LakehouseError where the table may not be refreshed.
        """

    @abstractmethod
    def transform(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of the batch as the declaration makes them; bronze's are protected first."""

    @abstractmethod
    def decide(self, definition: Definition, changes: Sequence[Change], run: Run) -> Decision:
        """What becomes of the table when its definition is another one than it was built with."""

    @abstractmethod
    def preview(self, context: RunContext, definition: Definition) -> DataFrame:
        """Rows of the table as its declaration stands, computed from its inputs as they are."""

    def positions(
        self, context: RunContext, definition: Definition
    ) -> dict[str, Position] | NothingNew:
        """Where the inputs stand now; or that one of them is not there yet."""
        now = context.progress.positions(context.tables, definition.inputs)
        missing = [name for name in definition.inputs if name not in now]
        return NothingNew(f"waits for {', '.join(missing)}") if missing else now

    def check(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> Checked:
        """The rules on the rows; refuses a type that the table does not have."""
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
            quarantined=lambda rejected: self.quarantined(context, definition, batch, rejected),
        )

    def quarantined(
        self, context: RunContext, definition: Definition, batch: Batch, rejected: DataFrame
    ) -> DataFrame:
        """All rows that the table lacks because they failed a rule: those of the batch."""
        return rejected

    def check_schema(
        self, context: RunContext, definition: Definition, batch: Batch, rows: DataFrame
    ) -> None:
        """Raise DeclarationError for rows whose types the stored table does not have."""
        state = context.progress.state(context.tables, definition.name)
        if state is not None and not batch.is_whole:
            refuse_other_types(context.tables.read(definition.name), rows, definition)

    def types(self, context: RunContext, definition: Definition) -> dict[str, str]:
        """The declared types of the source's columns, for reasons of quarantine."""
        return {}

    def quarantine(
        self, context: RunContext, definition: Definition, batch: Batch, checked: Checked
    ) -> None:
        """The rejected rows into the table's quarantine."""
        if checked.rejected is not None:
            quarantine_table.write(
                context,
                definition.name,
                checked.rejected,
                checked.verdict.rows_quarantined,
                batch=batch.name,
            )

    def accepted_again(
        self, context: RunContext, definition: Definition, batch: Batch
    ) -> DataFrame:
        """Every row that the source ever gave and the rules accepted, up to the batch's end.

        With ``_known_until`` where the source may hold contents that were replaced.
        """
        raise RunFailed("the source cannot be read again", where=definition.name)

    def superseded(self, context: RunContext, definition: Definition, batch: Batch) -> DataFrame:
        """The rows of ``batch.superseded`` as the table held them, with ``_known_until``."""
        raise RunFailed("no content of the source was replaced", where=definition.name)

    def refusal(self, definition: Definition, changes: Sequence[Change], hint: str) -> Decision:
        """The refusal of a changed definition, with its parts in words."""
        parts = "; ".join(change.text for change in changes)
        return Decision(
            error=DeclarationError(
                f"{definition.name} was built with another definition: {parts}",
                where=f"{definition.where}",
                hint=hint,
            )
        )
