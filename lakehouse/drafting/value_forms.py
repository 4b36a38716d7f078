"""What the values of a column look like: addresses, numbers of people, names, prose."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence

from lakehouse.drafting.day_formats import day_format, is_ambiguous
from lakehouse.drafting.scalar_types import scalar_type
from lakehouse.drafting.vocabulary import FIRST_NAMES

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_EMAIL_INSIDE = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_PHONE = re.compile(
    r"(\+|00)[\d ()./-]{7,20}|\(?0\d{1,4}\)?[ /-]?\d{3,}[\d -]*"
    r"|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\d{2}( \d{2}){3,4}"
)
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}|\d{6}-\d{4}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"\d{13,19}")
_PERSON = re.compile(
    r"[^\W\d_a-z][\w'.-]+(?: [^\W\d_a-z][\w'.-]*){1,3}|[^\W\d_a-z][\w'-]+, [^\W\d_a-z][\w'. -]+"
)
_CAPITALISED = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]+")
_CODE = re.compile(r"[A-Za-z0-9]+([-_./:][A-Za-z0-9]+)*")
FEW = 40
"""Distinct values of a column of codes, at most."""
_REPEATS = 4  # how often a value of such a column occurs on average, at least
_SHARE = 0.2
"""From this share of values on, a column is taken for what they look like."""


def is_email(text: str) -> bool:
    """An address as a whole."""
    return _EMAIL.fullmatch(text) is not None


def is_ip(text: str) -> bool:
    """An IPv4 or IPv6 address."""
    if "." not in text and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_card(text: str) -> bool:
    """13 to 19 digits whose check digit is right (Luhn, ISO/IEC 7812-1)."""
    digits = re.sub(r"[ -]", "", text)
    if _CARD.fullmatch(digits) is None or len(set(digits)) == 1:
        return False
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """An IBAN whose check digits are right (ISO 13616, modulo 97)."""
    plain = re.sub(r"[ -]", "", text).upper()
    if _IBAN.fullmatch(plain) is None:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def is_phone(text: str) -> bool:
    """A phone number as it is written, with a sign, a leading zero or blanks."""
    digits = sum(sign.isdigit() for sign in text)
    return 8 <= digits <= 15 and _PHONE.fullmatch(text) is not None


def is_code(text: str) -> bool:
    """One word of letters and digits: ``S001``, ``store``, ``A-7/3``; not ``Anna``."""
    return len(text) <= 40 and bool(_CODE.fullmatch(text)) and not _CAPITALISED.fullmatch(text)


def is_person(text: str) -> bool:
    """Two to four capitalised words, or ``Berg, Anna``: what names of people look like."""
    return _PERSON.fullmatch(text) is not None


def is_prose(text: str) -> bool:
    """A sentence or more."""
    return len(text.split()) >= 5 or len(text) > 60


_FORMS: Mapping[str, Callable[[str], bool]] = {
    "e-mail addresses": is_email,
    "IP addresses": is_ip,
    "account numbers": is_iban,
    "card numbers": is_card,
    "national id numbers": lambda text: _SSN.fullmatch(text) is not None,
    "phone numbers": is_phone,
}


def look(texts: Sequence[str]) -> str | None:
    """What a share of the values looks like, as a key of ``vocabulary.KINDS``; None for nothing."""
    sample = [text.strip() for text in texts]
    if not sample:
        return None
    shares = {what: sum(map(form, sample)) / len(sample) for what, form in _FORMS.items()}
    best = max(shares, key=lambda what: shares[what])
    return best if shares[best] >= _SHARE else None


def has_addresses_inside(texts: Sequence[str]) -> bool:
    """Whether e-mail addresses occur within longer text, even rarely."""
    return any(_EMAIL_INSIDE.search(text) for text in texts)


def mostly(form: Callable[[str], bool], texts: Sequence[str], share: float = 0.5) -> bool:
    """Whether at least this share of the values has the form; not of no value."""
    return bool(texts) and sum(form(text.strip()) for text in texts) >= share * len(texts)


def are_first_names(counts: Mapping[str, int]) -> bool:
    """Whether a third of the values or more have a common first name among their words."""
    named = sum(bool(FIRST_NAMES & set(re.split(r"\W+", text.lower()))) for text in counts)
    return named * 3 >= len(counts) > 0


def are_labels(counts: Mapping[str, int]) -> bool:
    """Whether few values occur often and are single words. ``counts`` has how often each occurs."""
    few = len(counts) <= FEW and sum(counts.values()) >= _REPEATS * len(counts)
    return few and all(map(is_code, counts))


def is_measured(text: str) -> bool:
    """A number or a time, in a column where others are neither."""
    plain = text.replace(".", "").replace(",", ".") if "," in text else text  # 1.234,50
    is_day = day_format([text]) is not None or is_ambiguous([text])
    return is_day or scalar_type([plain]) != "string"
