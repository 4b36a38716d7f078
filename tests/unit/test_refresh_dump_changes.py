"""The changes between whole dumps, compared with a model in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession

from lakehouse.refresh.dump_changes import count_deleted, find_changes, newest_changes

MON, TUE, WED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
FORM = "key int, city string, _known_date date"


def rows(spark: SparkSession, *values: tuple[int | None, str, date]) -> DataFrame:
    return spark.createDataFrame(list(values), FORM)


def as_set(changes: DataFrame) -> set[tuple[object, ...]]:
    collected = changes.select("key", "city", "_known_date", "_deleted").collect()
    assert len(collected) == len(set(map(tuple, collected)))
    return set(map(tuple, collected))


def test_the_example_of_the_docstring(spark: SparkSession) -> None:
    baseline = rows(spark, (1, "Ribe", MON), (2, "Vejle", MON), (3, "Koge", MON))
    accepted = rows(spark, (1, "Ripe", TUE), (3, "Koge", TUE), (1, "Ripe", WED), (2, "Vejle", WED))
    rejected = rows(spark, (3, "bad", WED))
    changes = find_changes(accepted, rejected, baseline, keys=["key"], days=[TUE, WED])
    assert as_set(changes) == {
        (1, "Ripe", TUE, False),
        (2, "Vejle", TUE, True),
        (2, "Vejle", WED, False),
    }
    assert count_deleted(changes) == {TUE: 1}
    last = {row["key"]: row["_deleted"] for row in newest_changes(changes, keys=["key"]).collect()}
    assert last == {1: False, 2: False}


def test_random_dumps_give_the_changes_of_a_model(spark: SparkSession) -> None:
    seed = random.Random(7)
    days = [MON + timedelta(days=n) for n in range(12)]
    accepted, rejected, expected = [], [], set()
    # Several hundred keys, each a case of its own; days[0] is the first dump.
    for key in [None, *range(400)]:
        current: str | None = None
        for day in days:
            state = seed.choice(["absent", "bad", "a", "a", "b"])
            if state == "bad":
                rejected.append((key, "?", day))
            elif state == "absent":
                if current is not None:
                    expected.add((key, current, day, True))
                current = None
            else:
                accepted.append((key, state, day))
                if state != current:
                    expected.add((key, state, day, False))
                current = state
    good, bad = rows(spark, *accepted), rows(spark, *rejected)
    assert as_set(find_changes(good, bad, None, keys=["key"], days=days)) == expected
    # In two parts, the second from where the first left off.
    before = find_changes(good, bad, None, keys=["key"], days=days[:5])
    current_rows = newest_changes(before, keys=["key"]).where("NOT _deleted").drop("_deleted")
    after = find_changes(good, bad, current_rows, keys=["key"], days=days[5:])
    assert as_set(before) | as_set(after) == expected
