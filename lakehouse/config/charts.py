"""``chart:`` of a gold table: the measures, the group and the time column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from lakehouse.config.names import ColumnName
from lakehouse.config.yaml_file import Document
from lakehouse.errors import DeclarationError

Place = tuple[str | int, ...]


def _as_list(value: object) -> object:
    """The value as a list: YAML without brackets is a list of one item."""
    return value if isinstance(value, list) else [value]


class Measure(BaseModel):
    """A column to draw. ``combine`` (``as`` in YAML) says how several rows at one point are
    combined; ``weight`` is the column by which a mean is weighted."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    column: ColumnName
    combine: Literal["sum", "mean"] | None = Field(default=None, alias="as")
    weight: ColumnName | None = None
    unit: Literal["number", "percent"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _weight_needs_a_mean(self) -> Measure:
        if self.weight is not None and self.combine != "mean":
            raise ValueError("weight applies to a mean only; add as: mean")
        return self


class Chart(BaseModel):
    """Lines ``over`` a time column, or bars ``by`` a group; with both, one line for each group."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: Annotated[list[Measure], BeforeValidator(_as_list)] = Field(min_length=1)
    by: ColumnName | None = None
    over: ColumnName | None = None

    @model_validator(mode="after")
    def _two_columns(self) -> Chart:
        if self.by is not None and self.by == self.over:
            raise ValueError(f"by and over are the same column, '{self.by}'")
        return self

    @property
    def axes(self) -> list[str]:
        """The columns that identify a point: the group, then the time."""
        return [column for column in (self.by, self.over) if column is not None]


Charts = Annotated[list[Chart], BeforeValidator(_as_list)]
"""One chart, or a list of them."""


def columns_of(charts: Sequence[Chart]) -> Iterator[tuple[Place, str]]:
    """Each column that the charts name, with its key path in the document."""
    for index, chart in enumerate(charts):
        for key in ("by", "over"):
            name = getattr(chart, key)
            if name is not None:
                yield ("chart", index, key), name
        for number, measure in enumerate(chart.measure):
            place = ("chart", index, "measure", number)
            yield (*place, "column"), measure.column
            if measure.weight is not None:
                yield (*place, "weight"), measure.weight


def ambiguous_measures(
    charts: Sequence[Chart], keys: Sequence[str], document: Document
) -> Iterator[DeclarationError]:
    """An error for each measure with several rows at one point and no ``as`` to combine them.

    A point has several rows where a key of the table is neither ``by`` nor ``over``.

    Example: with keys (store, week), ``{measure: late_rate, over: week}`` has a row for each store.
    """
    for index, chart in enumerate(charts):
        other_keys = [key for key in keys if key not in chart.axes]
        for number, measure in enumerate(chart.measure):
            if other_keys and measure.combine is None:
                name = measure.column
                yield DeclarationError(
                    f"chart: {name} has a row for each {', '.join(other_keys)} at one point",
                    where=document.where("chart", index, "measure", number, "column"),
                    hint=f"say how they are combined: measure: {{column: {name}, as: sum}}, or "
                    "as: mean with a weight; or draw by or over that key",
                )
