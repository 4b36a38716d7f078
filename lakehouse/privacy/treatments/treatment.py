"""What a treatment supplies: how a policy writes it, the columns it gives and what they hold."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import Column


class Mistake(NamedTuple):
    """What is wrong with a treatment in a policy, and the key at which it stands."""

    key: str
    message: str


class Treatment(ABC):
    """What becomes of the values of one kind of personal data.

    A policy writes a treatment as its word alone (``name: drop``), or as a mapping from the word to
    its parameter, with the ``options`` beside it (``email: {token: email, also: domain}``).
    """

    word: ClassVar[str]
    """The word in ``conf/privacy.yml``."""
    form: ClassVar[str]
    """How a policy writes it, for hints: ``drop``, ``{prefix: N}``."""
    has_parameter: ClassVar[bool] = False
    """Whether it is written as a mapping."""
    options: ClassVar[tuple[str, ...]] = ()
    """Further keys of the mapping."""
    suits_nested: ClassVar[bool] = False
    """Whether an array, a map or a struct can have it, as a whole."""

    @classmethod
    def read(cls, kind: str, given: Mapping[str, Any]) -> Treatment | list[Mistake]:
        """The treatment of ``kind`` from its mapping (empty for the word alone), or mistakes."""
        return cls()

    @property
    def text(self) -> str:
        """Its part of a table's definition, which every commit records.

        Never shown in another wording: a new one would make each table look changed.
        """
        return self.word

    @property
    def token_domains(self) -> tuple[str, ...]:
        """The domains of the tokens that ``apply`` makes; none where the key does not matter."""
        return ()

    def __str__(self) -> str:
        """As documents and plans show it."""
        return self.word

    def outputs(self, column: str) -> list[str]:
        """The names of the columns that ``column`` becomes; none where it is dropped."""
        return [column]

    @abstractmethod
    def apply(self, column: str, value: Column) -> list[Column]:
        """The columns of ``outputs``, in order, without their names; NULL stays NULL.

        ``value`` is the bronze column. A value that cannot be treated becomes NULL: a treatment
        never raises on a cell, since Spark's message would quote it.
        """
