"""Scrubbed text has no addresses and numbers of people, and keeps everything else."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.privacy.scrubbing import scrub as scrub_column

DATA = Path(__file__).parents[3] / "shared" / "data"
SENTENCES = DATA / "pii" / "synth_dataset_v2.json"
NAUGHTY = DATA / "naughty" / "blns.json"


def scrub(spark: SparkSession, texts: list[str | None]) -> list[str | None]:
    df = spark.createDataFrame([(i, text) for i, text in enumerate(texts)], "i int, t string")
    rows = df.select("i", scrub_column(F.col("t")).alias("t")).orderBy("i").collect()
    return [row["t"] for row in rows]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("write to Ann.Lee+x@mail.example.com, please", "write to [email], please"),
        ("/reset?email=ann@example.com&x=1", "/reset?email=[email]&x=1"),
        ("/reset?email=ann%40example.com", "/reset?email=[email]"),
        ("pay GB82 WEST 1234 5698 7654 32 today", "pay [iban] today"),
        ("card 4111-1111-1111-1111.", "card [card]."),
        ("card 378282246310005", "card [card]"),
        ("from 192.168.1.254 and 2001:db8::1", "from [ip] and [ip]"),
        ("ssn 078-05-1120", "ssn [ssn]"),
        ("call +49 (0)30 1234567 now", "call [phone] now"),
        ("call (555) 123-4567", "call [phone]"),
        ("on 2026-01-31 at 10:20:30, order 123456", "on 2026-01-31 at 10:20:30, order 123456"),
        ("from 2026-01-31 10:20 for 12.50", "from 2026-01-31 10:20 for 12.50"),
        ("SET OF 6 T-LIGHTS 1930S", "SET OF 6 T-LIGHTS 1930S"),
        ("tlf.12345678 or nr12345678", "tlf.[phone] or nr[phone]"),
        ("ref.4111111111111111", "ref.[card]"),
        ("4111_1111_1111_1111", "[card]"),
        ("mobil:+45\u00a012\u200734\u202f56\u200978", "mobil:[phone]"),
        ("ring 555\u2013123\u20134567 x", "ring [phone] x"),
        ("555\u2010123\u20114567", "[phone]"),
        ("555\u2014123\u20154567", "[phone]"),
        ("iban:GB82\u00a0WEST\u00a01234\u00a05698\u00a07654\u00a032", "iban:[iban]"),
        ("host.192.168.1.1", "host.[ip]"),
        ("write ann @ mail.example", "write [email]"),
        ("ann\u00a0@\u2009mail.example", "[email]"),
        ("call 1234-56-7890", "call [phone]"),
        ("sold 3 @ 4.50 each", "sold 3 @ 4.50 each"),
        ("(2026-01-31) and 2026\u201301\u201331", "(2026-01-31) and 2026-01-31"),
        ("v1.2.3, 10.20, 0.123456789012345", "v1.2.3, 10.20, 0.123456789012345"),
        ("a dash \u2013 and\u00a0a blank", "a dash \u2013 and\u00a0a blank"),
        ("", ""),
        (None, None),
    ],
)
def test_what_is_scrubbed_and_what_stays(
    spark: SparkSession, text: str | None, result: str | None
) -> None:
    assert scrub(spark, [text]) == [result]


@pytest.mark.skipif(not SENTENCES.is_file(), reason="../shared/data/pii is not here")
def test_recall_on_labelled_sentences(spark: SparkSession) -> None:
    sentences = json.loads(SENTENCES.read_text(encoding="utf-8"))
    results = scrub(spark, [sentence["full_text"] for sentence in sentences])
    total: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for sentence, result in zip(sentences, results, strict=True):
        for span in sentence["spans"]:
            total[span["entity_type"]] += 1
            parts = re.findall(r"\w{4,}", span["entity_value"])
            gone[span["entity_type"]] += not any(part in str(result) for part in parts)
    bounds = {
        "EMAIL_ADDRESS": 1.0,
        "CREDIT_CARD": 1.0,
        "IBAN_CODE": 1.0,
        "US_SSN": 1.0,
        "PHONE_NUMBER": 0.95,
        "IP_ADDRESS": 1.0,
    }
    recall = {kind: gone[kind] / total[kind] for kind in bounds}
    print({kind: f"{recall[kind]:.3f} of {total[kind]}" for kind in bounds})
    assert {kind for kind, least in bounds.items() if recall[kind] < least} == set()


@pytest.mark.skipif(not NAUGHTY.is_file(), reason="../shared/data/naughty is not here")
def test_unusual_text_is_neither_broken_nor_lost(spark: SparkSession) -> None:
    texts = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    plain = [not re.search(r"[0-9@]|::", text) for text in texts]
    for text, result, untouched in zip(texts, scrub(spark, texts), plain, strict=True):
        assert result is not None
        assert result == text or not untouched


@pytest.mark.parametrize(
    "part", ["a", "1", "a.", "1 ", ":", "1.", "A1", "+1(", "1.1.1.1..", "a @ a.", "1_", "0000-"]
)
def test_no_text_makes_a_pattern_slow(spark: SparkSession, part: str) -> None:
    started = time.monotonic()
    scrub(spark, [part * 50_000 + "@1"])
    assert time.monotonic() - started < 10
