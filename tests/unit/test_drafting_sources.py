"""Files become sources by format, name pattern and columns; keys are proposed from their rows."""

from __future__ import annotations

import gzip
from pathlib import Path

from lakehouse.drafting.file_samples import find_files
from lakehouse.drafting.keys import WriteProposal, propose_write
from lakehouse.drafting.profiles import Profile
from lakehouse.drafting.sources import Found, find_sources
from lakehouse.drafting.values import Value
from lakehouse.drafting.words_of_names import words

CSV = "id,name\n1,a\n"


def find(folder: Path, files: dict[str, str]) -> Found:
    """The sources of these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return find_sources(find_files(folder), "shop")


def paths(found: Found) -> dict[str, str]:
    return {source.name: source.path for source in found.sources}


def test_days_and_numbers_in_names_make_patterns(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "orders/2026-01-30.csv": CSV, "orders/2026-01-31.csv": CSV,
            "2026-01-31/visits.csv": "at,page\n1,a\n",
            "events/part-001.json": '{"a": 1}', "events/part-002.json": '{"a": 1}',
            "stores2.csv": "store,city\n1,a\n",
            "2026-01-31.csv": "day,total\n1,2\n",
            "_hidden/x.csv": CSV,
        },
    )  # fmt: skip
    assert paths(found) == {
        "orders": "orders/{date}.csv",
        "visits": "{date}/visits.csv",
        "events": "events/part-*.json",
        "stores2": "stores2.csv",
        "shop": "{date}.csv",
    }
    assert found.left_out == {}
    (orders,) = [source for source in found.sources if source.name == "orders"]
    assert [day.isoformat() for day in orders.days] == ["2026-01-30", "2026-01-31"]


def test_files_of_one_folder_with_the_same_columns_are_one_source(tmp_path: Path) -> None:
    found = find(tmp_path, {f"shops/{name}.csv": CSV for name in ("north", "south", "west")})
    assert paths(found) == {"shops": "shops/*.csv"}
    assert len(found.sources[0].files) == 3


def test_the_files_of_a_day_are_read_by_its_folder(tmp_path: Path) -> None:
    found = find(
        tmp_path,
        {
            "orders/2026-01-30/part-0.json": '{"id": 1}',
            "orders/2026-01-31/part-0.json": '{"id": 2}',
            "orders/2026-01-31/late-7.json": '{"id": 3, "note": "x"}',
            "visits/2026-01-31/part-0.json": '{"page": 1}',
            "2026-01-31/stores.csv": "store,city\n1,a\n",
            "2026-01-31/goods.csv": "sku,price\n1,2\n",
        },
    )
    assert paths(found) == {
        "orders": "orders/{date}", "visits": "visits/{date}",
        "stores": "{date}/stores.csv", "goods": "{date}/goods.csv",
    }  # fmt: skip


def test_files_of_one_pattern_with_other_columns_are_sources_of_their_own(tmp_path: Path) -> None:
    found = find(tmp_path, {"a1.csv": CSV, "a2.csv": "day,total,city\n1,2,3\n"})
    assert paths(found) == {"a1": "a1.csv", "a2": "a2.csv"}


def test_columns_that_come_later_belong_to_the_source(tmp_path: Path) -> None:
    found = find(tmp_path, {"2026-01-30.csv": CSV, "2026-01-31.csv": "id,name,city\n2,b,c\n"})
    reading = found.sources[0].reading
    assert reading.fields == ("id", "name", "city")
    assert reading.rows == (("1", "a", None), ("2", "b", "c"))


def test_a_day_with_other_columns_is_left_out_and_named(tmp_path: Path) -> None:
    files = {f"2026-01-{day}.csv": CSV for day in (10, 11, 12)}
    found = find(tmp_path, {**files, "2026-01-13.csv": "day,total\n1,2\n", "x.txt": "a letter\n"})
    assert paths(found) == {"shop": "{date}.csv"}
    assert set(found.left_out) == {"2026-01-13.csv", "x.txt"}


def test_folders_of_partitions_are_patterns(tmp_path: Path) -> None:
    files = {f"sales/country={c}/year=2026/data.csv": CSV for c in ("DK", "SE")}
    assert paths(find(tmp_path, files)) == {"sales": "sales/country=*/year=*/data.csv"}


def test_a_file_and_its_gzipped_neighbour_are_one_source(tmp_path: Path) -> None:
    (tmp_path / "orders.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    assert paths(find(tmp_path, {})) == {"orders": "orders.csv.gz"}
    assert paths(find(tmp_path, {"orders.csv": CSV})) == {"orders": "orders*.csv"}


def test_names_of_tables_are_distinct_and_valid(tmp_path: Path) -> None:
    found = find(
        tmp_path, {"a/Übersicht.csv": CSV, "b/Übersicht.csv": CSV, "2x.csv": "day,total\n1,2\n"}
    )
    for name, parts in {
        "CustomerID": ["customer", "id"], "kundennr": ["kunden", "nr"], "Größe2": ["grosse"],
        "value_øre": ["value", "ore"], "paid": ["paid"],
    }.items():  # fmt: skip
        assert words(name) == parts
    assert paths(found) == {
        "files_2x": "2x.csv", "ubersicht": "a/Übersicht.csv", "b": "b/Übersicht.csv",
    }  # fmt: skip


def propose(table: str, *usable: str, **columns: list[Value]) -> WriteProposal:
    types = {"updated_at": "timestamp", "amount": "decimal(9,2)"}
    profiles = [
        Profile(name, types.get(name, "string"), values) for name, values in columns.items()
    ]
    files = [0] * len(profiles[0].values)
    return propose_write(table, profiles, usable or list(columns), files)


def test_the_id_of_the_table_is_its_key_where_it_is_unique() -> None:
    found = propose("orders", order_id=["1", "2"], customer_id=["7", "8"])
    assert (found.write, found.keys) == ("append", ("order_id",))
    # An exact repeat is no second row.
    found = propose("orders", order_id=["1", "1", "2"], amount=["5", "5", "6"])
    assert (found.write, found.keys) == ("append", ("order_id",))


def test_versions_of_a_key_make_a_history() -> None:
    changes: dict[str, list[Value]] = {
        "id": ["1", "1", "2"], "amount": ["5", "6", "7"],
        "updated_at": ["2026-01-01", "2026-01-02", "2026-01-01"],
    }  # fmt: skip
    found = propose("orders", **changes)
    assert (found.write, found.keys, found.sequence_by) == ("scd2", ("id",), "updated_at")
    changes["updated_at"] = ["2026-01-01"] * 3
    found = propose("orders", **changes)
    assert (found.write, found.keys, found.sequence_by) == ("append", (), None)
    assert "no column orders its versions" in found.reason


def test_keys_that_repeat_between_files_may_be_those_of_whole_dumps() -> None:
    ids, amounts = Profile("id", "string", ["1", "2"] * 2), Profile("amount", "string", [*"5678"])
    hint = "if each file is a whole dump, use snapshot: true"
    assert hint in propose_write("orders", [ids, amounts], ["id"], [0, 0, 1, 1]).reason
    assert hint not in propose_write("orders", [ids, amounts], ["id"], [0, 0, 0, 1]).reason


def test_a_pair_of_ids_is_a_key_where_enough_rows_say_so() -> None:
    orders: list[Value] = [str(number // 2) for number in range(20)]
    numbers: list[Value] = [str(number % 2) for number in range(20)]
    assert propose("lines", order_id=orders, line_no=numbers).keys == ("order_id", "line_no")
    assert propose("lines", order_id=orders[:4], line_no=numbers[:4]).keys == ()


def test_a_few_rows_without_a_key_do_not_count() -> None:
    ids: list[Value] = [str(number) for number in range(100)]
    assert propose("orders", order_id=[*ids, None], amount=["1"] * 101).keys == ("order_id",)
    assert propose("orders", order_id=[*ids[:9], None], amount=["1"] * 10).keys == ()


def test_versions_of_a_pair_make_a_history_too() -> None:
    found = propose(
        "order_lines",
        order_id=[str(number // 4) for number in range(20)],
        line_no=[str(number // 2 % 2) for number in range(20)],
        amount=[str(number) for number in range(20)],
        updated_at=[f"2026-01-{number % 2 + 1:02d}" for number in range(20)],
    )
    assert (found.write, found.keys) == ("scd2", ("order_id", "line_no"))
    assert found.reason.startswith("order_id and line_no repeat with other content")


def test_a_column_of_another_table_has_no_history_here() -> None:
    found = propose(
        "orders",
        customer_id=["1", "1", "2"],
        updated_at=["2026-01-01", "2026-01-02", "2026-01-01"],
    )
    assert (found.write, found.keys) == ("append", ())


def test_a_column_that_is_left_out_or_has_null_is_never_a_key() -> None:
    assert propose("orders", "amount", order_id=["1", "2"], amount=["1", "2"]).keys == ()
    assert propose("orders", order_id=["1", None]).keys == ()


def test_files_in_two_encodings_are_not_read_as_one(tmp_path: Path) -> None:
    for day, encoding in ((1, "iso-8859-1"), (2, "iso-8859-1"), (3, "ascii"), (4, "utf-8")):
        name = "Åse" if encoding != "ascii" else "Bo"
        file = tmp_path / f"2026-01-0{day}.csv"
        file.write_bytes(f"id,name\n1,{name}\n".encode(encoding))
    found = find(tmp_path, {})
    assert [file.key for file in found.sources[0].files] == [
        f"2026-01-0{day}.csv" for day in (1, 2, 3)
    ]
    assert found.sources[0].reading.options == {"encoding": "ISO-8859-1"}
    assert set(found.left_out) == {"2026-01-04.csv"}
