"""Pipelines of a few lines for tests."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pyspark.sql import SparkSession
from shop import CONF, Shop, written

PIPELINE = "description: For tests\nowner: tests@example.com\n"


@dataclass(frozen=True)
class Tiny:
    """A ``conf`` folder with one pipeline, ``tiny``, below ``home``; one that is there stays."""

    home: Path
    landing: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "landing", self.home / "landing")
        if self.conf.is_dir():
            return
        self.conf.mkdir(parents=True)
        for name in ("base.yml", "test.yml", "privacy.yml"):
            shutil.copy(CONF / name, self.conf / name)
        self.declare("pipeline.yml", PIPELINE)
        self.landing.mkdir()

    def copied(self, home: Path) -> Self:
        """The pipeline below another folder, with its files and its warehouses as they are now."""
        shutil.copytree(self.home, home, dirs_exist_ok=True)
        return type(self)(home)

    @property
    def conf(self) -> Path:
        """The configuration folder."""
        return self.home / "conf"

    def declare(self, file: str, text: str) -> None:
        """One file of the pipeline."""
        written(self.conf / "pipelines" / "tiny" / file, text)

    def bronze(self, name: str, columns: str, form: str = "json") -> None:
        """Declare a bronze table; its files are in ``<name>/<date>``, or ``<name>/<date>.csv``."""
        path = f"{{landing}}/{name}/{{date}}" + (".csv" if form == "csv" else "")
        self.landing.joinpath(name).mkdir(exist_ok=True)
        self.declare(
            f"bronze/{name}.yml",
            f"table: bronze.{name}\ndescription: Raw\n"
            f'source: {{kind: files, format: {form}, path: "{path}"}}\ncolumns:\n'
            + "".join(f"  {column.strip()}\n" for column in columns.split(";")),
        )

    def silver(self, name: str, sql: str, rest: str, source: str | None = None) -> None:
        """Declare a silver table with its SQL; ``rest`` is the rest of the declaration."""
        head = f"table: silver.{name}\ndescription: Shaped\nsource: bronze.{source or name}\n"
        self.declare(f"silver/{name}.yml", f"{head}{rest}\n")
        self.declare(f"silver/{name}.sql", sql)

    def shop(self, spark: SparkSession, name: str = "shop") -> Shop:
        """A warehouse of this pipeline."""
        return Shop(spark, self.landing, self.home / name, "tiny", self.conf)
