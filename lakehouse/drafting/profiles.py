"""The profile of each column of a source: its type and what its sampled values say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lakehouse.drafting.day_formats import DayFormat, day_format, is_ambiguous
from lakehouse.drafting.nested_types import nested_type
from lakehouse.drafting.scalar_types import column_type, misfits, scalar_type, whole_number_type
from lakehouse.drafting.values import Value, texts_in
from lakehouse.drafting.vocabulary import DAY, ID
from lakehouse.drafting.words_of_names import words

_NULL_WORDS = ("NULL", "null", "\\N", "NA", "N/A", "n/a", "None", "NaN", "nan", "-")
_NUMBERS = ("bigint", "int", "smallint", "tinyint", "decimal", "double", "float")
_NESTED = ("struct", "array", "map")


@dataclass(frozen=True)
class Profile:
    """One column: ``values`` has one per sampled row. ``doubt`` says why its type is not
    narrower."""

    name: str
    type: str
    values: Sequence[Value]
    doubt: str | None = None

    @property
    def nulls(self) -> int:
        """How many of the sampled rows have no value."""
        return sum(value is None for value in self.values)

    @cached_property
    def texts(self) -> list[str]:
        """Every scalar of the sample as text, also inside nested values."""
        return [text for value in self.values for text in texts_in(value)]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each text occurs."""
        return Counter(self.texts)

    @property
    def base(self) -> str:
        """The first word of its type: ``decimal`` of ``decimal(12,2)``."""
        return self.type.partition("(")[0].partition("<")[0]

    @property
    def is_number(self) -> bool:
        """Whether its type is a number."""
        return self.base in _NUMBERS

    @property
    def is_nested(self) -> bool:
        """Whether its type is a struct, an array or a map."""
        return self.base in _NESTED

    @property
    def has_nested_values(self) -> bool:
        """Whether a value is an object or a list, also where its type is a string."""
        return any(not isinstance(value, str | bool) for value in self.values if value is not None)

    @property
    def is_day(self) -> bool:
        """Whether its type is a date or a timestamp."""
        return self.base in ("date", "timestamp")

    @property
    def is_text(self) -> bool:
        """Whether its type is a string."""
        return self.base == "string"


def profile_json(columns: Mapping[str, Sequence[Value]]) -> list[Profile]:
    """Profiles of the fields of JSON objects."""
    profiles = [Profile(name, nested_type(values), values) for name, values in columns.items()]
    return [
        replace(profile, doubt=misfits(profile.texts)) if profile.is_text else profile
        for profile in profiles
    ]


def profile_typed(
    columns: Mapping[str, Sequence[Value]], types: Mapping[str, str]
) -> list[Profile]:
    """Profiles of the columns of typed files."""
    return [Profile(name, types[name], values) for name, values in columns.items()]


def profile_text(
    columns: Mapping[str, Sequence[Value]],
) -> tuple[list[Profile], dict[str, str]]:
    """Profiles of the columns of text files, and the options that their types need.

    A source has one ``nullValue``, one ``dateFormat`` and one ``timestampFormat``: the one that
    gives most columns a type. A column that another would fit stays a string.
    """
    null = _null_word(columns)
    given = {
        name: [None if value == null else value for value in values]
        for name, values in columns.items()
    } if null else {name: list(values) for name, values in columns.items()}  # fmt: skip
    plain = {name: _plain_type(name, values) for name, values in given.items()}
    forms = {name: _form(name, plain[name], given[name]) for name in given}
    options = {"nullValue": null} if null else {}
    chosen: dict[bool, str | None] = {}
    for key, has_time in (("dateFormat", False), ("timestampFormat", True)):
        chosen[has_time] = _choose(forms, plain, has_time=has_time)
        if pattern := chosen[has_time]:
            options[key] = pattern
    profiles = [_profile(name, given[name], plain[name], forms[name], chosen) for name in given]
    return profiles, options


def _plain_type(name: str, values: Sequence[Value]) -> str:
    texts = [text for value in values for text in texts_in(value)]
    if words(name)[-1:] and words(name)[-1] in ID and (whole := whole_number_type(texts)):
        return whole
    return column_type(values)


def _form(name: str, plain: str, values: Sequence[Value]) -> DayFormat | None:
    texts = [text for value in values for text in texts_in(value)]
    if plain == "string":
        return day_format(texts)
    compact = [text.strip() for text in texts]
    if plain == "bigint" and DAY & set(words(name)) and all(len(text) == 8 for text in compact):
        iso = [f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in compact]
        return DayFormat("yyyyMMdd", has_time=False) if scalar_type(iso) == "date" else None
    return None


def _choose(
    forms: Mapping[str, DayFormat | None], plain: Mapping[str, str], *, has_time: bool
) -> str | None:
    """The pattern of most columns; None where as many columns are in ISO 8601."""
    found = Counter(form.pattern for form in forms.values() if form and form.has_time == has_time)
    if not found:
        return None
    pattern, count = min(found.items(), key=lambda item: (-item[1], item[0]))
    iso = sum(kind == ("timestamp" if has_time else "date") for kind in plain.values())
    return pattern if count > iso else None


def _profile(
    name: str,
    values: Sequence[Value],
    plain: str,
    form: DayFormat | None,
    chosen: Mapping[bool, str | None],
) -> Profile:
    for kind, has_time in (("date", False), ("timestamp", True)):
        pattern = chosen[has_time]
        if pattern and form and form.has_time == has_time and form.pattern == pattern:
            return Profile(name, kind, values)
        if pattern and plain == kind:
            return Profile(name, "string", values, f"days in another form than {pattern}")
    return Profile(name, plain, values, _doubt(plain, form, values))


def _doubt(plain: str, form: DayFormat | None, values: Sequence[Value]) -> str | None:
    if plain != "string":
        return None
    texts = [text for value in values for text in texts_in(value)]
    if form is not None:
        return "days in another form than the other columns"
    if is_ambiguous(texts):
        return "days whose month and day cannot be told apart; set dateFormat"
    if _has_decimal_commas(texts):
        return "numbers with a decimal comma; convert them in the SQL of silver"
    return misfits(texts)


def _has_decimal_commas(texts: Sequence[str]) -> bool:
    if not texts or not any("," in text for text in texts):
        return False
    return scalar_type([text.replace(".", "").replace(",", ".") for text in texts]) != "string"


def _null_word(columns: Mapping[str, Sequence[Value]]) -> str | None:
    """The word for NULL with which most more columns have a type; None where there is none."""
    gains: Counter[str] = Counter()
    for values in columns.values():
        texts = {value for value in values if isinstance(value, str)}
        for word in _NULL_WORDS:
            rest = [text for text in texts if text != word]
            if word in texts and rest and scalar_type(rest) != "string":
                gains[word] += 1
    return min(gains, key=lambda word: (-gains[word], word)) if gains else None
