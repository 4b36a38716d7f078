"""The bronze and silver table of a source, proposed but not yet written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakehouse.drafting.fields import declare_fields, fields_to_declare
from lakehouse.drafting.keys import WriteProposal, propose_write
from lakehouse.drafting.kinds import kind_for
from lakehouse.drafting.personal_data import Table, propose
from lakehouse.drafting.profiles import Profile, profile_json, profile_text, profile_typed
from lakehouse.drafting.reading import Option, Reading
from lakehouse.drafting.source import Source
from lakehouse.drafting.words_of_names import (
    silver_names,
    singular,
    words,
)
from lakehouse.privacy.policy import Policy
from lakehouse.privacy.treatments.keep import Keep


@dataclass(frozen=True)
class DraftColumn:
    """A bronze column: its kind of personal data, or why it has none; and its columns in silver,
    each as the name that protection gives it."""

    profile: Profile
    kind: str | None
    reason: str
    outputs: tuple[str, ...]
    is_kept: bool

    @property
    def name(self) -> str:
        """Its name in bronze."""
        return self.profile.name


@dataclass(frozen=True)
class DraftTable:
    """What is declared for one source. ``silver`` has the name in silver of each column that
    protection gives, ``fields`` the field of each column that does not find it by its own name;
    ``undeclared`` counts the fields without a column."""

    source: Source
    reading: Reading
    options: Mapping[str, Option]
    columns: tuple[DraftColumn, ...]
    fields: Mapping[str, str]
    silver: Mapping[str, str]
    mode: WriteProposal
    undeclared: int

    @property
    def name(self) -> str:
        """``orders`` of ``bronze.orders`` and ``silver.orders``."""
        return self.source.name

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return len(self.reading.rows)

    @property
    def kept(self) -> list[DraftColumn]:
        """The columns that silver has unchanged: nothing personal is in them."""
        return [column for column in self.columns if column.is_kept]

    @property
    def left_out(self) -> list[DraftColumn]:
        """The columns that stay in bronze, since nobody has decided on them."""
        return [column for column in self.columns if column.kind is None]

    @property
    def has_silver(self) -> bool:
        """Whether any column leaves bronze."""
        return bool(self.silver)

    @property
    def keys(self) -> list[str]:
        """The keys by their names in silver."""
        return [self.silver[name] for name in self.mode.keys]


def draft_table(source: Source, policy: Policy, tables: Sequence[str]) -> DraftTable:
    """The draft of one source; ``tables`` are the names of all sources."""
    reading = source.reading
    fields = declare_fields(reading)
    values = {
        column: [row[reading.fields.index(field)] for row in reading.rows]
        for column, field in fields.items()
    }
    profiles, options = _profiles(reading, values, fields)
    others = frozenset(singular(word) for name in tables for word in words(name))
    columns = _columns(profiles, Table(source.name, others), policy)
    outputs = [output for column in columns for output in column.outputs]
    silver = silver_names(outputs)
    identifying = [column.name for column in columns if _identifies(column, policy)]
    return DraftTable(
        source,
        reading,
        {**reading.options, **options},
        tuple(columns),
        fields_to_declare(fields, reading),
        silver,
        propose_write(source.name, profiles, identifying, source.file_numbers),
        len(reading.fields) - len(fields),
    )


def _profiles(
    reading: Reading, values: Mapping[str, Sequence[object]], fields: Mapping[str, str]
) -> tuple[list[Profile], dict[str, str]]:
    if reading.types:
        types = {name: reading.types[field] for name, field in fields.items()}
        return profile_typed(values, types), {}  # type: ignore[arg-type]
    if reading.matches_exactly:
        return profile_json(values), {}  # type: ignore[arg-type]
    return profile_text(values)  # type: ignore[arg-type]


def _columns(profiles: Sequence[Profile], table: Table, policy: Policy) -> list[DraftColumn]:
    columns: list[DraftColumn] = []
    taken: set[str] = set()
    for profile in profiles:
        column = _column(profile, table, policy)
        if taken & {output.lower() for output in column.outputs}:
            reason = "another column becomes one of its name in silver; rename it at its source"
            column = DraftColumn(profile, None, reason, (), is_kept=False)
        taken |= {output.lower() for output in column.outputs}
        columns.append(column)
    return columns


def _column(profile: Profile, table: Table, policy: Policy) -> DraftColumn:
    proposal = propose(profile, table)
    if proposal.holds is None:
        return DraftColumn(profile, None, proposal.reason, (), is_kept=False)
    kind = kind_for(proposal.holds, policy.kinds)
    if kind is None:
        reason = f"it seems to hold {proposal.holds}, and the policy has no kind for that"
        return DraftColumn(profile, None, reason, (), is_kept=False)
    treatment = policy.kinds[kind]
    if profile.is_nested and not treatment.suits_nested:
        reason = f"it is nested, and {kind} cannot be treated as a whole"
        return DraftColumn(profile, None, reason, (), is_kept=False)
    outputs = tuple(treatment.outputs(profile.name))
    return DraftColumn(
        profile, kind, f"holds {proposal.holds}", outputs, isinstance(treatment, Keep)
    )


def _identifies(column: DraftColumn, policy: Policy) -> bool:
    """Whether distinct values stay distinct in silver, and can be a key there."""
    if (
        column.kind is None
        or column.profile.is_nested
        or column.profile.base in ("double", "float")
    ):
        return False
    is_token = bool(policy.kinds[column.kind].token_domains)
    return column.name in column.outputs and (column.is_kept or is_token)
