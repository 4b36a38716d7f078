"""The interface of a compiled expectation: its kwargs, and its predicate or aggregate in Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from lakehouse.quality.expectations.forms import FORMS, Form
from lakehouse.quality.expectations.sentences import Sentence

if TYPE_CHECKING:
    from pyspark.sql import Column
    from pyspark.sql.types import StructType

    from lakehouse.quality.rules import Rule

Kind = Literal["row", "total", "unique", "great_expectations"]


class RowTest(NamedTuple):
    """The condition of a row (NULL where it is unknown), and when NULL values let the row pass.

    ``excused`` applies only with ``nulls: pass``; otherwise NULL fails.
    """

    met: Column
    excused: Column


Predicate: TypeAlias = "Callable[[Rule, StructType], RowTest]"
Aggregate: TypeAlias = "Callable[[Rule, StructType], Column]"


@dataclass(frozen=True)
class Expectation:
    """A type that a suite may name. Make one with ``row``, ``total`` or ``unique``.

    ``required`` and ``optional`` are its kwargs; of ``one_of`` at least one must be given.
    ``forms`` has the forms of kwargs that are not in ``forms.FORMS``. ``decides_nulls``:
    ``meta.nulls`` does not apply. ``sentence`` describes a rule of this type for people; without
    it the name of the type is shown. Columns are named by the kwargs
    ``column``, ``column_A``, ``column_B`` and ``column_list``.
    """

    type: str
    kind: Kind
    required: tuple[str, ...] = ("column",)
    optional: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)
    decides_nulls: bool = False
    sentence: Sentence | None = None
    predicate: Predicate | None = None
    aggregate: Aggregate | None = None

    @property
    def kwargs(self) -> tuple[str, ...]:
        """Every kwarg that the type takes."""
        mostly = ("mostly",) if self.kind in ("row", "unique") else ()
        return (*self.required, *self.optional, *self.one_of, *mostly)

    def form(self, kwarg: str) -> Form:
        """The form of a kwarg's values."""
        return self.forms.get(kwarg) or FORMS[kwarg]


def row(
    type_: str,
    predicate: Predicate,
    *required: str,
    optional: tuple[str, ...] = (),
    one_of: tuple[str, ...] = (),
    forms: Mapping[str, Form] | None = None,
    decides_nulls: bool = False,
    sentence: Sentence | None = None,
) -> Expectation:
    """A type that is true or false for each row; rows that fail it can be quarantined.

    ``predicate`` raises DeclarationError where the rule does not support its columns' types.
    """
    return Expectation(
        type_,
        "row",
        required,
        optional,
        one_of,
        forms or {},
        decides_nulls,
        sentence,
        predicate=predicate,
    )


def total(
    type_: str,
    aggregate: Aggregate,
    *required: str,
    optional: tuple[str, ...] = (),
    one_of: tuple[str, ...] = (),
    forms: Mapping[str, Form] | None = None,
    sentence: Sentence | None = None,
) -> Expectation:
    """A type that is true or false for all rows together; NULL cells are ignored.

    ``aggregate`` returns a boolean where NULL means false. Only this verdict leaves Spark, since
    even a column's minimum may be personal data.
    """
    return Expectation(
        type_,
        "total",
        required,
        optional,
        one_of,
        forms or {},
        decides_nulls=True,
        sentence=sentence,
        aggregate=aggregate,
    )


def unique(type_: str, *required: str, sentence: Sentence | None = None) -> Expectation:
    """A type that counts the rows whose key no other row has; see ``quality.uniqueness``."""
    return Expectation(type_, "unique", required, sentence=sentence)
