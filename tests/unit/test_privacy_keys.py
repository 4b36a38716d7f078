"""A key is given by reference, is long enough, is private to its owner, and is never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lakehouse.errors import DeclarationError, LakehouseError, UsageError
from lakehouse.privacy.keys import Key, resolve_key, write_dev_key

SECRET = "correct horse battery staple, and then some more"


def refusal(reference: str | None, kind: type[LakehouseError] = UsageError) -> str:
    with pytest.raises(kind) as caught:
        resolve_key(reference, where="conf/dev.yml:2")
    assert caught.value.exit_code == 2
    assert SECRET not in str(caught.value) + repr(caught.value)
    return str(caught.value)


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "key"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_an_environment_variable_gives_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", f" {SECRET}\n")
    assert resolve_key("${env:A_KEY}", where="").material == SECRET.encode()


def test_a_file_of_its_owner_gives_the_key(tmp_path: Path) -> None:
    file = key_file(tmp_path, SECRET + "\n")
    assert resolve_key(f"${{file:{file}}}", where="").material == SECRET.encode()


def test_a_key_never_shows_itself() -> None:
    key = Key(SECRET.encode())
    assert SECRET not in f"{key} {key!r} {[key]}"


def test_a_key_written_out_is_refused_and_not_repeated() -> None:
    assert "conf/dev.yml:2: privacy_key is not a reference" in refusal(SECRET, DeclarationError)


def test_a_reference_inside_other_text_is_refused() -> None:
    refusal(f"{SECRET}${{env:HOME}}", DeclarationError)


def test_no_key_is_refused() -> None:
    assert "privacy_key is missing" in refusal(None)


def test_a_variable_that_is_not_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_KEY", raising=False)
    assert "NO_KEY is not set" in refusal("${env:NO_KEY}")


def test_a_short_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "k" * 31)
    message = refusal("${env:A_KEY}")
    assert "31 bytes, at least 32" in message
    assert "k" * 31 not in message


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert f"key file {tmp_path / 'none'} does not exist" in refusal(
        f"${{file:{tmp_path / 'none'}}}"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    assert "chmod 600" in refusal(f"${{file:{key_file(tmp_path, SECRET, mode)}}}")


def test_the_key_of_dev_is_random_and_its_owner_s(tmp_path: Path) -> None:
    first, second = write_dev_key(tmp_path / "x" / "a"), write_dev_key(tmp_path / "b")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_text(encoding="ascii") != second.read_text(encoding="ascii")
    assert len(resolve_key(f"${{file:{first}}}", where="").material) == 64


def test_an_existing_key_of_dev_stays(tmp_path: Path) -> None:
    before = write_dev_key(tmp_path / "a").read_text(encoding="ascii")
    assert write_dev_key(tmp_path / "a").read_text(encoding="ascii") == before


@pytest.mark.parametrize("source", ["env", "file"])
@pytest.mark.parametrize("secret", [SECRET, "0123456789abcdef" * 4, "qL/8+w==" * 6, "k" * 5000])
def test_a_key_in_the_place_of_a_name_is_not_repeated(source: str, secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        resolve_key(f"${{{source}:{secret}}}", where="conf/dev.yml:2")
    assert secret not in str(caught.value) + repr(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_missing_file_in_a_folder_that_exists_is_named(tmp_path: Path) -> None:
    file = tmp_path / "privacy.key"
    assert str(file) in refusal(f"${{file:{file}}}")


def test_undecodable_bytes_are_refused_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("A_KEY", SECRET + "\udcff")
    assert "not text in UTF-8" in refusal("${env:A_KEY}")
    file = key_file(tmp_path, "")
    file.write_bytes(SECRET.encode() + b"\xff")
    assert "cannot be read as text" in refusal(f"${{file:{file}}}")
