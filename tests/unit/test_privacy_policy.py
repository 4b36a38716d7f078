"""The policy defines a treatment per kind; unknown ones are refused with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lakehouse.config.column import Column
from lakehouse.config.yaml_file import load
from lakehouse.errors import DeclarationError
from lakehouse.privacy.policy import (
    Policy,
    kind_errors,
    load_policy,
    policy_errors,
    treatments,
)
from lakehouse.privacy.protect import unprotected
from lakehouse.privacy.treatments.drop import Drop
from lakehouse.privacy.treatments.keep import Keep
from lakehouse.privacy.treatments.prefix import Prefix
from lakehouse.privacy.treatments.scrub import Scrub
from lakehouse.privacy.treatments.token import Token
from lakehouse.privacy.treatments.year import Year

SHIPPED = Path(__file__).parents[2] / "conf" / "privacy.yml"


def written(folder: Path, text: str, name: str = "privacy.yml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder: Path, text: str) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_policy(written(folder, text))
    return str(caught.value)


def bronze(folder: Path, columns: str) -> Path:
    return written(folder, f"table: bronze.t\ncolumns:\n{columns}", "t.yml")


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return load_policy(SHIPPED)


def test_the_shipped_policy_has_a_treatment_for_each_kind(shipped: Policy) -> None:
    assert dict(shipped.kinds) == {
        "customer_id": Token("person"),
        "person_name": Drop(),
        "email": Token("email", also_domain=True),
        "phone": Drop(),
        "birth_date": Year(),
        "postcode": Prefix(2),
        "street": Drop(),
        "free_text": Scrub(),
        "ip_address": Drop(),
        "none": Keep(),
    }


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("none: keep\nphone: dorp\n", 2, "unknown treatment 'dorp' of phone; did you mean 'drop'?"),
        ("email: {tokn: email}\n", 1, "unknown treatment 'tokn' of email; did you mean 'token'?"),
        ("postcode: {prefix: two}\n", 1, "prefix of postcode must be a whole number"),
        ("postcode: {prefix: 0}\n", 1, "prefix of postcode must be a whole number"),
        ("id: {token: 'Per son'}\n", 1, "token of id needs the name of a domain"),
        ("id: {token: person, also: domain}\n", 1, "`also` of id can only be `domain`"),
        ("id: {prefix: 2, also: domain}\n", 1, "unknown treatment 'prefix' of id"),
        ("id:\n", 1, "unknown treatment 'None' of id"),
    ],
)
def test_an_unknown_treatment_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    message = refused(tmp_path, text)
    assert f"privacy.yml:{line}: {says}" in message


def test_all_mistakes_of_a_policy_are_listed_with_their_lines(tmp_path: Path) -> None:
    text = (
        "phone: dorp\nnone: keep\nid: {token: A B, also: name}\npostcode: {prefix: 0}\n"
        "email: {tokn: email, alos: domain}\non: keep\n"
    )
    errors = policy_errors(written(tmp_path, text))
    assert [(str(error.where).rpartition(":")[2], error.message) for error in errors] == [
        ("1", "unknown treatment 'dorp' of phone; did you mean 'drop'?"),
        ("3", "token of id needs the name of a domain: small letters, digits and '_'"),
        ("3", "`also` of id can only be `domain`, beside `token: email`"),
        ("4", "prefix of postcode must be a whole number of characters, at least 1"),
        ("5", "unknown treatment 'tokn' of email; did you mean 'token'?"),
        ("5", "unknown treatment 'alos' of email; did you mean 'also'?"),
        ("6", "the kind 'on' is not a string in YAML"),
    ]


def test_a_policy_that_cannot_be_read_is_a_mistake_of_its_own(tmp_path: Path) -> None:
    (error,) = policy_errors(written(tmp_path, "none: keep\nphone: [drop\n"))
    assert "privacy.yml:3: not valid YAML" in str(error)
    (error,) = policy_errors(tmp_path / "none.yml")
    assert "no such file" in str(error)


def test_a_sound_policy_has_no_mistakes() -> None:
    assert policy_errors(SHIPPED) == []


def test_an_unknown_kind_is_refused_where_it_is_written(tmp_path: Path, shipped: Policy) -> None:
    file = bronze(tmp_path, "  a: {type: string, pii: none}\n  b: {type: string, pii: emial}\n")
    (error,) = kind_errors(shipped, load(file))
    assert re.search(r"t\.yml:4: unknown pii kind 'emial'.*'email'", str(error))


def test_a_nested_column_cannot_be_a_token(tmp_path: Path, shipped: Policy) -> None:
    file = bronze(tmp_path, "  a: {type: array<string>, pii: customer_id}\n")
    (error,) = kind_errors(shipped, load(file))
    assert re.search(r"t\.yml:3: a is nested", str(error))


def test_two_columns_of_one_name_are_refused(tmp_path: Path, shipped: Policy) -> None:
    text = "  email: {type: string, pii: email}\n  email_domain: {type: string, pii: none}\n"
    (error,) = kind_errors(shipped, load(bronze(tmp_path, text)))
    assert re.search("both become email_domain", str(error))


def test_all_mistakes_of_a_declaration_are_listed_with_their_lines(
    tmp_path: Path, shipped: Policy
) -> None:
    text = (
        "  a: {type: string, pii: emial}\n  b: {type: array<string>, pii: birth_date}\n"
        "  c: {type: string, pii: none}\n  C: {type: string, pii: none}\n"
        "  d: {type: string, pii: phnoe}\n  e: {type: string, pii: drop}\n"
    )
    errors = kind_errors(shipped, load(bronze(tmp_path, text)))
    assert [(str(error.where).rpartition(":")[2], error.message) for error in errors] == [
        ("3", "unknown pii kind 'emial'; did you mean 'email'?"),
        (
            "4",
            "b is nested, so it can be dropped or kept, not treated as 'year'",
        ),
        ("6", "C and c both become C"),
        ("7", "unknown pii kind 'phnoe'; did you mean 'phone'?"),
        ("8", "unknown pii kind 'drop'"),
    ]


@pytest.mark.parametrize("columns", ["", "  - a\n", "  a:\n", "  a: text\n", "  a: {pii: [x]}\n"])
def test_entries_of_another_form_are_left_to_the_check_of_forms(
    tmp_path: Path, shipped: Policy, columns: str
) -> None:
    assert kind_errors(shipped, load(bronze(tmp_path, columns))) == []


def test_treatments_list_what_each_column_becomes(shipped: Policy) -> None:
    columns = {
        "email": Column(type="string", pii="email"),
        "phone": Column(type="string", pii="phone"),
        "shoe_size": Column(type="int"),
    }
    assert treatments(columns, shipped) == [
        ("email", "email", "token of email, also: domain", "email"),
        ("email", "email", "token of email, also: domain", "email_domain"),
        ("phone", "phone", "drop", None),
        ("shoe_size", None, "stays in bronze", None),
    ]


def test_a_column_without_a_kind_is_named_for_the_alert() -> None:
    columns = {"a": Column(type="int", pii="none"), "b": Column(type="int")}
    assert unprotected(columns) == ["b"]
