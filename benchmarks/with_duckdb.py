"""The tables of ``by_hand`` by DuckDB, written with delta-rs: for the record, on one machine.

Rows stay in DuckDB between the layers. Timestamps are stored without a zone, and the tables have
neither a change data feed nor deletion vectors.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
from deltalake import write_deltalake

from benchmarks import duckdb_sql, retail


def main() -> None:
    """Build, and print the seconds without the start of Python."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.with_duckdb", description=__doc__)
    parser.add_argument("--landing", type=Path, required=True)
    parser.add_argument("--warehouse", type=Path, required=True)
    parser.add_argument("--end", type=date.fromisoformat, required=True)
    asked = parser.parse_args()
    shutil.rmtree(asked.warehouse, ignore_errors=True)
    begin = time.monotonic()
    build(asked.landing, asked.warehouse, asked.end)
    print(json.dumps({"seconds": time.monotonic() - begin}))


def build(landing: Path, warehouse: Path, last: date) -> None:
    """Bronze, silver and gold from the files up to the day ``last``."""
    with duckdb.connect() as database:
        for name in retail.SHAPES:
            _store(database, warehouse, "bronze", name, _read(landing / name, name, last))
        for name in retail.SHAPES:
            _store(database, warehouse, "silver", name, _silver(name))
        for name, query in duckdb_sql.GOLD.items():
            _store(database, warehouse, "gold", name, query)


def _store(
    database: duckdb.DuckDBPyConnection, warehouse: Path, layer: str, name: str, query: str
) -> None:
    """Keep the rows of a query in DuckDB, and write them to Delta."""
    database.execute(f"CREATE TABLE {layer}_{name} AS {query}")
    rows = database.sql(f"FROM {layer}_{name}").to_arrow_reader(1_000_000)
    write_deltalake(str(warehouse / layer / name), rows, mode="overwrite")


def _read(folder: Path, name: str, last: date) -> str:
    """The typed rows of files up to a day, with the file of each row and its day."""
    suffix = "*.csv" if name in retail.CSV else "*/*.jsonl"
    files = [str(file) for file in sorted(folder.glob(suffix)) if _day(file, folder) <= str(last)]
    types = _types(retail.SCHEMAS[name])
    reader = "read_csv" if name in retail.CSV else "read_json"
    extra = "header = true" if name in retail.CSV else "format = 'newline_delimited'"
    day = r"regexp_extract(filename, '/(\d{4}-\d{2}-\d{2})[./]', 1)::DATE"
    return (
        f"SELECT * EXCLUDE (filename), filename AS _source_file, {day} AS _known_date "
        f"FROM {reader}({files}, columns = {types}, filename = true, {extra})"
    )


def _day(file: Path, folder: Path) -> str:
    return file.relative_to(folder).parts[0][:10]


def _types(schema: str) -> Mapping[str, str]:
    """The columns of a schema of Spark as DuckDB's: ``string`` is VARCHAR there."""
    pairs = (column.split(maxsplit=1) for column in schema.split(", "))
    return {name: "VARCHAR" if kind == "string" else kind.upper() for name, kind in pairs}


def _silver(name: str) -> str:
    rows = duckdb_sql.SHAPES[name]
    keys = retail.KEYS.get(name)
    if keys:
        return duckdb_sql.history(rows, keys, deletes=name in ("customers", "orders"))
    return duckdb_sql.first_known(rows)


if __name__ == "__main__":
    main()
