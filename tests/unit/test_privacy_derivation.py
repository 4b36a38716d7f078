"""Keys and tokens are derived as the standards define; the form of a token never changes."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

import pytest

from lakehouse.privacy.derivation import derive, expand, extract
from lakehouse.privacy.keys import Key
from lakehouse.privacy.tokens import token, token_prefix

KEY = Key(b"a key for tests, of no use elsewhere")
OTHER = Key(b"another key for tests, of no use elsewhere")

# RFC 5869, appendix A.1 to A.3: material, salt, info, length, pseudorandom key, output.
VECTORS = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        82,
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c6"
        "5e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        "0b" * 22,
        "",
        "",
        42,
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("material", "salt", "info", "length", "pseudorandom", "output"), VECTORS)
def test_keys_are_derived_as_rfc_5869_says(
    material: str, salt: str, info: str, length: int, pseudorandom: str, output: str
) -> None:
    extracted = extract(bytes.fromhex(salt), bytes.fromhex(material))
    assert extracted.hex() == pseudorandom
    assert expand(extracted, bytes.fromhex(info), length).hex() == output


def test_extraction_is_the_hmac_of_rfc_4231() -> None:
    """Test case 2: the step of the derivation, and of a token, is HMAC-SHA256 itself."""
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert extract(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_a_token_is_the_key_s_id_and_160_bits_of_hmac_under_the_domain_s_key() -> None:
    pseudorandom = hmac.digest(b"medallion-lakehouse tokens v1", KEY.material, "sha256")
    key_id = hmac.digest(pseudorandom, b"key id\x01", "sha256")[:4].hex()
    domain_key = hmac.digest(pseudorandom, b"person\x01", "sha256")
    digest = hmac.new(domain_key, b"c1", sha256).digest()
    assert token(" c1 ", "person", KEY) == f"k{key_id}_{digest[:20].hex()}"


def test_tokens_of_a_key_never_change() -> None:
    """Fixed values: another form would separate new rows from stored ones."""
    assert token("C1", "person", KEY) == "ke0a2908b_8f8189334bd05349aa0c03b559843ccd2ec56901"
    assert (
        token(" Ann@Mail.Example", "email", KEY)
        == "ke0a2908b_f9bea98235660efad23aef0c8ed26eb32da7e90f"
    )


@pytest.mark.parametrize("value", ["c1", "ä€😀", "x" * 10_000])
def test_a_token_has_one_form(value: str) -> None:
    assert re.fullmatch(r"k[0-9a-f]{8}_[0-9a-f]{40}", str(token(value, "person", KEY)))


@pytest.mark.parametrize("value", [None, "", " \t\n"])
def test_null_and_blank_text_have_no_token(value: str | None) -> None:
    assert token(value, "person", KEY) is None


def test_tokens_of_two_keys_are_distinguished_and_share_nothing() -> None:
    mine, other = str(token("c1", "person", KEY)), str(token("c1", "person", OTHER))
    assert mine.startswith(token_prefix(KEY))
    assert other.startswith(token_prefix(OTHER))
    assert token_prefix(KEY) != token_prefix(OTHER)
    assert mine.split("_")[1] != other.split("_")[1]


def test_domains_have_keys_of_their_own() -> None:
    assert derive(KEY, "person") != derive(KEY, "visitor")
    assert str(token("a", "person", KEY))[10:] != str(token("a", "visitor", KEY))[10:]


def test_text_that_cannot_be_encoded_is_not_quoted_by_an_error() -> None:
    assert token("a\ud800b", "person", KEY) == token("a?b", "person", KEY)
