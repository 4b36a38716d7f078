"""A club: members whose tier is corrected, and visits that come late; for tests of the model."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from till import Till

FIRST = date(2026, 3, 2)
DAYS = [FIRST + timedelta(days=number) for number in range(12)]
HORIZON = 3
FEATURES = """SELECT p.member, p.tier, count(v.visit) AS visits, sum(v.amount) AS spent,
  max(n.note) AS note
FROM silver.members AS p
LEFT JOIN silver.visits AS v ON v.member = p.member AND v.day <= :as_of
LEFT JOIN silver.notes AS n ON n.member = p.member AND n.about = :as_of
GROUP BY p.member, p.tier"""
LABELS = """SELECT member, bool_or(day > :as_of) AS comes
FROM silver.visits
WHERE day <= :until
GROUP BY member"""
MODEL = """model: comes
description: Whether a member comes in the next three days
entity: member
label: gold.comes_labels.comes
features: {table: gold.member_features, columns: [tier, visits, spent]}
split: {test_days: 2, test_customers: 0.3}
gates: {better_than_dummy: false}
scores: {history: silver.comes_predictions, current: gold.comes_scores}
"""


def with_features(text: str) -> str:
    """``MODEL`` with another key ``features``."""
    lines = MODEL.splitlines(keepends=True)
    return "".join(text if line.startswith("features:") else line for line in lines)


@dataclass
class Club:
    """The events, by the day on which their file came: (known, member, …)."""

    tiers: list[tuple[date, str, date, str]] = field(default_factory=list)
    visits: list[tuple[date, str, str, date, int]] = field(default_factory=list)
    notes: list[tuple[date, str, date, int]] = field(default_factory=list)


def random_club(members: int, seed: int = 3, *, days: Iterable[date] = DAYS) -> Club:
    """Late and corrected tiers, late and repeated visits, and a note of what happened next."""
    dice, club, days = random.Random(seed), Club(), list(days)
    for number in range(members):
        member = f"m{number:03d}"
        for _ in range(dice.randint(1, 6)):
            valid = days[0] + timedelta(days=dice.randint(-1, len(days)))
            known = dice.choice(days)
            club.tiers.append((known, member, valid, dice.choice("abc")))
        for place in range(dice.randint(0, 7)):
            day = dice.choice(days)
            late = min(day + timedelta(days=dice.choice([0, 0, 0, 1, 2, 5])), days[-1])
            visit = f"{member}-{place}"
            club.visits.append((late, visit, member, day, dice.randint(1, 9)))
            if dice.random() < 0.2:
                again = min(late + timedelta(days=dice.randint(0, 3)), days[-1])
                club.visits.append((again, visit, member, day, dice.randint(1, 9)))
        # What the label will say, written under the day that it is about, and known too late.
        for day in days[: -HORIZON - 1]:
            comes = label_of(club, member, day)
            if comes is not None:
                known = day + timedelta(days=HORIZON + 1)
                club.notes.append((known, member, day, int(comes)))
    return club


def declare(home: Path, *, maturity: int = 0, embargo: int = 0) -> Till:
    """The pipeline, without files; labels wait for ``maturity`` further days."""
    till = Till(home)
    till.bronze("members", "member: {type: string, pii: none}; since: {type: date, pii: none}; "
                "tier: {type: string, pii: none}")  # fmt: skip
    till.bronze("visits", "visit: {type: string, pii: none}; member: {type: string, pii: none}; "
                "day: {type: date, pii: none}; amount: {type: int, pii: none}")  # fmt: skip
    till.bronze("notes", "member: {type: string, pii: none}; about: {type: date, pii: none}; "
                "note: {type: int, pii: none}")  # fmt: skip
    till.silver("members", "SELECT member, since, tier FROM bronze.members",
                "write: scd2\nkeys: [member]\nsequence_by: since")  # fmt: skip
    till.silver("visits", "SELECT visit, member, day, amount FROM bronze.visits",
                "write: append\nkeys: [visit]")  # fmt: skip
    till.silver("notes", "SELECT member, about, note FROM bronze.notes",
                "write: append\nkeys: [member, about]")  # fmt: skip
    till.features("member_features", FEATURES, "source: silver.members\nkeys: [member]\n"
                  "lookups: [silver.visits, silver.notes]")  # fmt: skip
    head = "table: gold.comes_labels\ndescription: Who comes\nsource: silver.visits\n"
    matures = f"maturity: {maturity} days\n" if maturity else ""
    label = f"{head}keys: [member]\nhorizon: {HORIZON} days\n{matures}"
    till.declare("labels/comes_labels.yml", label)
    till.declare("labels/comes_labels.sql", LABELS)
    waits = f"test_customers: 0.3, embargo: {embargo} days" if embargo else "test_customers: 0.3"
    till.declare("model.yml", MODEL.replace("test_customers: 0.3", waits))
    return till


def land(till: Till, club: Club) -> None:
    """Every event in the file of the day on which it became known."""
    files: dict[tuple[str, date], list[dict[str, Any]]] = defaultdict(list)
    for known, member, since, tier in club.tiers:
        files["members", known].append({"member": member, "since": str(since), "tier": tier})
    for known, visit, member, day, amount in club.visits:
        row = {"visit": visit, "member": member, "day": str(day), "amount": amount}
        files["visits", known].append(row)
    for known, member, about, note in club.notes:
        files["notes", known].append({"member": member, "about": str(about), "note": note})
    for (source, known), rows in files.items():
        till.land(source, str(known), *rows)


def visits_known(club: Club, member: str, on: date) -> list[tuple[date, int]]:
    """Day and amount of the visits that were known on a day: of repeats, the first that came."""
    first: dict[str, tuple[Any, ...]] = {}
    for known, visit, who, day, amount in club.visits:
        if who == member and known <= on:
            first[visit] = min(first.get(visit, (known, day, amount)), (known, day, amount))
    return [(day, amount) for _, day, amount in first.values()]


def tier_known(club: Club, member: str, on: date) -> str | None:
    """The tier that held on a day, by what was known then; None where there was none."""
    known = [(since, at, tier) for at, who, since, tier in club.tiers
             if who == member and at <= on and since <= on]  # fmt: skip
    return max(known)[2] if known else None


def label_of(club: Club, member: str, day: date, maturity: int = 0) -> bool | None:
    """Whether the member comes in the ``HORIZON`` days after the day, by what is known at their end
    and ``maturity`` days later; None without visits."""
    until = day + timedelta(days=HORIZON)
    known = visits_known(club, member, until + timedelta(days=maturity))
    days = [at for at, _ in known if at <= until]
    return any(at > day for at in days) if days else None


def expected_frame(club: Club, last: date, maturity: int = 0) -> list[tuple[Any, ...]]:
    """The training frame by a slow reference: member, day, tier, visits, spent, comes."""
    rows = []
    for day in DAYS:
        if day + timedelta(days=HORIZON + maturity) > last:
            continue
        for member in sorted({who for _, who, _, _ in club.tiers}):
            tier, comes = tier_known(club, member, day), label_of(club, member, day, maturity)
            if tier is None or comes is None:
                continue
            seen = [amount for at, amount in visits_known(club, member, day) if at <= day]
            rows.append((member, day, tier, len(seen), sum(seen) if seen else None, comes))
    return rows
