"""Commands that keep a table small and fast, without changing its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import functions as F

from lakehouse.storage.locks import is_lockable
from lakehouse.storage.tables import Tables

_VACUUM = "spark.databricks.delta.vacuum.retentionWindowIgnore.enabled"
_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"
_LOG, _FILES = "delta.logRetentionDuration", "delta.deletedFileRetentionDuration"
_DELTAS_OWN = {_LOG: 30, _FILES: 7}
_DAYS = re.compile(r"(?:interval )?(\d+) days?")
_FILE = r"\.[a-z]+$"


@dataclass(frozen=True)
class Size:
    """The number of files in a table's newest version, and for how many days its log, and the files
    of earlier versions, are kept by the table's properties.

    Where somebody declared that in other units than days, it is left as it is: ``properties`` lacks
    it.
    """

    files: int
    properties: Mapping[str, int]

    def lacks(self, days: Retention) -> bool:
        """Whether the table keeps its log or its files for fewer days."""
        wanted = days.properties()
        return any(number < wanted[name] for name, number in self.properties.items())


@dataclass(frozen=True)
class Retention:
    """For how many days the log, and the files of earlier versions, have to be kept."""

    log: int
    files: int

    def properties(self) -> dict[str, int]:
        """The days by the name of Delta's property."""
        return {_LOG: self.log, _FILES: self.files}


def read_size(tables: Tables, table: str) -> Size:
    """The size of an existing table."""
    detail = tables.spark.sql(f"DESCRIBE DETAIL {tables.identifier(table)}")
    files, properties = detail.select("numFiles", "properties").collect()[0]
    days = dict(_DELTAS_OWN)
    for name in days.keys() & (properties or {}).keys():
        declared = _DAYS.fullmatch(properties[name].lower())
        if declared is None:
            del days[name]
        else:
            days[name] = int(declared[1])
    return Size(int(files), days)


def compact(tables: Tables, table: str, *, cluster_by: str | None = None) -> None:
    """OPTIMIZE: rewrite small files into large ones; with ``cluster_by``, sorted by that column."""
    order = f" ZORDER BY (`{cluster_by}`)" if cluster_by else ""
    tables.spark.sql(f"OPTIMIZE {tables.identifier(table)}{order}")


def purge(tables: Tables, table: str) -> None:
    """Rewrite files that hold deleted rows, so that VACUUM can remove these rows for good."""
    tables.spark.sql(f"REORG TABLE {tables.identifier(table)} APPLY (PURGE)")


def extend_retention(tables: Tables, table: str, size: Size, days: Retention) -> None:
    """Keep the log and the files at least this long; whatever is kept longer stays so.

    Delta refuses to read versions, and changes, that are older than the retention of files, even
    where the files are there.
    """
    wanted = days.properties()
    longer = {name: max(number, wanted[name]) for name, number in size.properties.items()}
    texts = ", ".join(f"'{name}' = 'interval {number} days'" for name, number in longer.items())
    tables.spark.sql(f"ALTER TABLE {tables.identifier(table)} SET TBLPROPERTIES ({texts})")


def list_removable(tables: Tables, table: str, hours: int) -> int:
    """The number of files that ``vacuum`` would remove; Delta lists at most 1,000."""
    with _given_retention(tables):
        listed = tables.spark.sql(f"{_vacuum(tables, table, hours)} DRY RUN")
        return listed.where(F.col("path").rlike(_FILE)).count()


def vacuum(tables: Tables, table: str, hours: int) -> None:
    """Remove files that have not been part of the table for this number of hours."""
    with _given_retention(tables):
        tables.spark.sql(_vacuum(tables, table, hours)).collect()


def _vacuum(tables: Tables, table: str, hours: int) -> str:
    return f"VACUUM {tables.identifier(table)} RETAIN {max(hours, 0)} HOURS"


@contextmanager
def _given_retention(tables: Tables) -> Iterator[None]:
    """Let VACUUM take the hours that it is given, instead of the table's property; and fewer than
    Delta's minimum of seven days, where locks keep writers away meanwhile."""
    changes = {_VACUUM: "false"} | ({_CHECK: "false"} if is_lockable(tables) else {})
    conf = tables.spark.conf
    before = {name: conf.get(name, None) for name in changes}
    for name, value in changes.items():
        conf.set(name, value)
    try:
        yield
    finally:
        for name, earlier in before.items():
            conf.unset(name) if earlier is None else conf.set(name, earlier)
