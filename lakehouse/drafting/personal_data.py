"""Propose ``pii`` for a column, from its name and its values; leave out what is undecided.

A column that is left out stays in bronze, so a wrong proposal matters more than a missing one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.drafting import vocabulary as v
from lakehouse.drafting.day_formats import year_of
from lakehouse.drafting.kinds import HARMLESS, Proposal
from lakehouse.drafting.profiles import Profile
from lakehouse.drafting.value_forms import (
    FEW,
    are_first_names,
    are_labels,
    has_addresses_inside,
    is_code,
    is_measured,
    is_person,
    is_prose,
    look,
    mostly,
)
from lakehouse.drafting.values import Number, Value, collect_scalars
from lakehouse.drafting.words_of_names import has_id_name, name_words, singular, words

_OLD = 1970
_LIKE_PEOPLE = Proposal(None, "its values look like names of people")
_TELLING = Proposal(None, "its name suggests that it may tell something personal")


@dataclass(frozen=True)
class Table:
    """The table of a column: its words, and the words of all tables of the draft."""

    name: str
    others: frozenset[str] = frozenset()

    @property
    def words(self) -> frozenset[str]:
        """The words of its name, in the singular."""
        return frozenset(singular(word) for word in words(self.name))

    @property
    def is_about_people(self) -> bool:
        """Whether its rows are people."""
        last = [singular(word) for word in words(self.name)][-1:]
        return bool(v.PERSON & set(last))


def propose(column: Profile, table: Table) -> Proposal:
    """What the column holds."""
    if column.is_nested:
        return _nested(column, table)
    if column.is_text and column.has_nested_values:
        return Proposal(None, "it is nested without fixed names, and its keys may be data")
    if column.base == "binary":
        return Proposal(None, "binary content was not looked at")
    names = name_words(column.name)
    if column.is_day:
        return _day(column, names)
    if column.base == "boolean":
        return _TELLING if names & v.SENSITIVE else HARMLESS
    by_name = _by_name(column, names, table)
    if by_name is not None and by_name.holds is not None:
        return by_name
    looks_like = look(column.texts)
    if looks_like is not None:
        return Proposal(looks_like)
    if by_name is not None:
        return by_name
    return _number(names, table) if column.is_number else _text(column, names, table)


_BY_NAME: Sequence[tuple[frozenset[str], str]] = (
    (v.EMAIL, "e-mail addresses"),
    (v.IBAN, "account numbers"),
    (v.CARD, "card numbers"),
    (v.NATIONAL_ID, "national id numbers"),
    (v.IP, "IP addresses"),
    (v.PHONE, "phone numbers"),
    (v.BIRTH, "dates of birth"),
    (v.POSTCODE, "postcodes"),
    (v.STREET, "streets and house numbers"),
    (v.PERSON_NAME, "names of people"),
)


def _by_name(column: Profile, names: frozenset[str], table: Table) -> Proposal | None:
    """What the name says; None where it says nothing, or where the values are labels."""
    if column.is_number and names & v.MEASURE and not has_id_name(column.name):
        return HARMLESS
    if names & v.LABEL and not names & v.NAME and (column.is_number or _has_labels(column)):
        return HARMLESS
    for known, holds in _BY_NAME:
        if names & known:
            return Proposal(holds)
    if names & v.NAME and _names_people(names, table):
        return Proposal("names of people")
    is_id = has_id_name(column.name) or "id" in names
    if is_id and names & (v.PERSON | v.DEVICE):
        return Proposal("ids of people")
    if is_id and names <= v.ID and table.is_about_people:
        return Proposal("ids of people")
    if names & v.SENSITIVE:
        return _TELLING
    if names & (v.PERSON | v.DEVICE) or words(column.name)[1:][-1:] == ["by"]:
        return _of_a_person(column, names)
    return None


def _has_labels(column: Profile) -> bool:
    return are_labels(column.counts) and not are_first_names(column.counts)


def _names_people(names: frozenset[str], table: Table) -> bool:
    if names & (v.THING | v.LABEL) and not names & v.PERSON:
        return False
    return bool(names & (v.PERSON | v.NAME_PARTS)) or table.is_about_people


def _of_a_person(column: Profile, names: frozenset[str]) -> Proposal:
    """A column that is named after a person and nothing else holds ids, if its values are codes."""
    has_codes = bool(column.texts) and all(map(is_code, column.counts))
    if names <= v.PERSON | v.DEVICE and has_codes:
        if any(any(sign.isdigit() for sign in text) for text in column.counts):
            return Proposal("ids of people")
    return Proposal(None, "it is named after people, and may hold their names")


def _day(column: Profile, names: frozenset[str]) -> Proposal:
    if names & v.BIRTH:
        return Proposal("dates of birth")
    if any(year_of(text) < _OLD for text in column.texts):
        return Proposal(None, "it has days before 1970, as dates of birth have")
    return HARMLESS


def _number(names: frozenset[str], table: Table) -> Proposal:
    if not names & v.ID:
        return HARMLESS
    return _id(names, table)


def _id(names: frozenset[str], table: Table) -> Proposal:
    """An id that is not known to be of a person: harmless where it names a thing or a table."""
    if names <= v.ID or names & (v.THING | v.LABEL | v.MEASURE | table.words | table.others):
        return HARMLESS
    return Proposal(None, "it may be the id of a person or a device")


def _text(column: Profile, names: frozenset[str], table: Table) -> Proposal:
    if not column.texts:
        return Proposal(None, "the sample has no value of it")
    if has_addresses_inside(column.texts):
        return Proposal("free text")
    if are_first_names(column.counts):
        return _LIKE_PEOPLE
    if names & (v.MEASURE | v.DAY) and mostly(is_measured, column.texts, 0.9):
        return HARMLESS
    if _has_labels(column) and not has_id_name(column.name):
        return HARMLESS
    if mostly(is_prose, column.texts, 0.3):
        return Proposal("free text")
    if names & v.FREE_TEXT:
        return Proposal("free text")
    if names & v.ID and all(map(is_code, column.counts)):
        return _id(names, table)
    if names & v.LABEL and len(column.counts) <= FEW:
        return HARMLESS
    if names & v.THING and names & v.NAME:
        return HARMLESS
    if mostly(is_person, column.texts, 0.2):
        return _LIKE_PEOPLE
    if names & v.THING:
        return HARMLESS
    return Proposal(None, "neither its name nor its values say what it holds")


def _nested(column: Profile, table: Table) -> Proposal:
    """Harmless where every part is; nested columns can only be dropped or kept as a whole."""
    parts: dict[str, list[Value]] = {}
    for value in column.values:
        collect_scalars(column.name, value, parts)
    if not parts:
        return Proposal(None, "the sample has no value of it")
    for name, values in parts.items():
        numeric = all(value is None or isinstance(value, Number) for value in values)
        kind = "bigint" if numeric else "string"
        if propose(Profile(name, kind, values), table) != HARMLESS:
            return Proposal(
                None,
                "it is nested and may hold something personal; such a column can only be kept or "
                "dropped as a whole, so declare the parts that are needed as columns of their own",
            )
    return HARMLESS
