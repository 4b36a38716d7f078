"""A definition changes with its treatments and its key, and not with cosmetic edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.config.column import Column
from lakehouse.errors import DeclarationError
from lakehouse.privacy.fingerprint import describe_treatments, key_fingerprint, reads_tokens
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy, load_policy
from lakehouse.privacy.tokens import token_prefix

POLICY = """\
id: {token: person}
mail: {token: email, also: domain}
provider: {token: email}
name: drop
birth: year
note: scrub
region: {prefix: 2}
none: keep
"""
KEY = Key(b"a key for tests, of no use elsewhere")


def policy(folder: Path, text: str = POLICY) -> Policy:
    file = folder / "privacy.yml"
    file.write_text(text, encoding="utf-8")
    return load_policy(file)


def columns(**kinds: str | None) -> dict[str, Column]:
    return {name: Column(type="string", pii=kind) for name, kind in kinds.items()}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("id", "token person"),
        ("mail", "token email also domain"),
        ("provider", "token email"),
        ("name", "drop"),
        ("birth", "year"),
        ("note", "scrub"),
        ("region", "prefix 2"),
        ("none", "keep"),
        (None, "stays in bronze"),
    ],
)
def test_each_treatment_has_a_text_that_stays(tmp_path: Path, kind: str | None, text: str) -> None:
    assert describe_treatments(columns(a=kind), policy(tmp_path)) == {"a": text}


def test_order_and_writing_do_not_count(tmp_path: Path) -> None:
    before = describe_treatments(columns(b="mail", a="id"), policy(tmp_path))
    other = "# another way\nmail:\n  also: 'domain'\n  token: \"email\"\nid:\n    token: person\n"
    after = describe_treatments(columns(a="id", b="mail"), policy(tmp_path, other))
    assert list(before.items()) == list(after.items())


def test_the_name_of_a_kind_does_not_count(tmp_path: Path) -> None:
    renamed = policy(tmp_path, "customer: {token: person}\n")
    before = describe_treatments(columns(a="customer"), renamed)
    assert before == describe_treatments(columns(a="id"), policy(tmp_path))


def test_another_treatment_of_the_kind_counts(tmp_path: Path) -> None:
    before = describe_treatments(columns(a="region"), policy(tmp_path))
    longer = policy(tmp_path, POLICY.replace("prefix: 2", "prefix: 3"))
    assert before != describe_treatments(columns(a="region"), longer)


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="unknown pii kind 'nmae'"):
        describe_treatments(columns(a="nmae"), policy(tmp_path))


@pytest.mark.parametrize(
    ("kinds", "reads"),
    [(["id"], True), (["mail"], True), (["name", "note", None], False), ([], False)],
)
def test_only_tokens_depend_on_the_key(
    tmp_path: Path, kinds: list[str | None], reads: bool
) -> None:
    given = columns(**{f"c{i}": kind for i, kind in enumerate(kinds)})
    assert reads_tokens(given, policy(tmp_path)) is reads


def test_the_key_s_fingerprint_changes_with_it_and_is_not_its_id() -> None:
    other = Key(KEY.material + b".")
    assert key_fingerprint(KEY) == key_fingerprint(Key(KEY.material)) == "4ec97a9507db390d"
    assert key_fingerprint(KEY) != key_fingerprint(other)
    assert token_prefix(KEY)[1:9] not in key_fingerprint(KEY)
