"""The interface of a treatment: its entry in the policy, its output columns and their values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import Column


class Mistake(NamedTuple):
    """A mistake in the policy entry of a treatment, and the key where it is."""

    key: str
    message: str


class Treatment(ABC):
    """How the values of one kind of personal data are protected.

    A policy names a treatment by its word alone (``name: drop``), or by a mapping from the word to
    its parameter, with its ``options`` (``email: {token: email, also: domain}``).
    """

    word: ClassVar[str]
    """Its name in ``conf/privacy.yml``."""
    form: ClassVar[str]
    """Its syntax, for hints: ``drop``, ``{prefix: N}``."""
    has_parameter: ClassVar[bool] = False
    """Whether it is written as a mapping."""
    options: ClassVar[tuple[str, ...]] = ()
    """Further keys of the mapping."""
    suits_nested: ClassVar[bool] = False
    """Whether it can be applied to a whole array, map or struct."""

    @classmethod
    def read(cls, kind: str, given: Mapping[str, Any]) -> Treatment | list[Mistake]:
        """Read the treatment of ``kind`` from its mapping (empty for the word alone), or return the
        mistakes."""
        return cls()

    @property
    def text(self) -> str:
        """Its part of a table's definition, which every commit records.

        It must never be reworded: every table that uses it would count as changed.
        """
        return self.word

    @property
    def token_domains(self) -> tuple[str, ...]:
        """The domains of the tokens that ``apply`` creates; empty if it does not use the key."""
        return ()

    def __str__(self) -> str:
        """Its name in documentation and plans."""
        return self.word

    def outputs(self, column: str) -> list[str]:
        """The names of the output columns; empty if the column is dropped."""
        return [column]

    @abstractmethod
    def apply(self, column: str, value: Column) -> list[Column]:
        """The columns of ``outputs``, in order, without their names; NULL stays NULL.

        ``value`` is the bronze column. A value that cannot be treated becomes NULL: a treatment
        never raises on a cell, since Spark's message would quote it.
        """
