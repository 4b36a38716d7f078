"""The context of a refresh: session, declarations, places, and the run that it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.config.checks import suite_file
from lakehouse.config.declarations import ComputedTable
from lakehouse.config.pipeline import Pipeline
from lakehouse.config.settings import Settings
from lakehouse.errors import UsageError
from lakehouse.privacy.keys import Key, resolve_key
from lakehouse.privacy.policy import Policy
from lakehouse.quality.rules import Suite
from lakehouse.quality.suites import load_suite
from lakehouse.storage.tables import Tables


@dataclass(frozen=True)
class Run:
    """One call of a step: its id, its business days (both ends in), and how it was asked."""

    run_id: str
    step: str
    start: date
    end: date
    full_refresh: bool = False

    def days(self) -> Iterator[date]:
        """The business days of the run, in order."""
        for offset in range((self.end - self.start).days + 1):
            yield self.start + timedelta(days=offset)


@dataclass(frozen=True)
class Lake:
    """Everything that a refresh needs, and nothing that it changes."""

    spark: SparkSession
    settings: Settings
    pipeline: Pipeline
    policy: Policy
    run: Run

    @cached_property
    def tables(self) -> Tables:
        """The pipeline's tables, seen from this session."""
        return Tables(self.spark, self.settings)

    @cached_property
    def key(self) -> Key:
        """The key of the tokens. Raises UsageError when it is missing or refused."""
        if self.settings.privacy_key is None:
            raise UsageError(
                "no key for tokens is set",
                where=f"{self.settings.conf_dir}/{self.settings.env}.yml",
                hint="privacy_key: ${env:NAME} or ${file:PATH}, at least 32 bytes",
            )
        return resolve_key(
            self.settings.privacy_key, where=f"{self.settings.conf_dir}/{self.settings.env}.yml"
        )

    def on(self, spark: SparkSession) -> Lake:
        """The same lake seen from another session."""
        return replace(self, spark=spark)

    def for_step(self, step: str) -> Lake:
        """The same lake and run, for another step of it."""
        return replace(self, run=replace(self.run, step=step))

    def suite(self, table: ComputedTable) -> Suite:
        """The declared expectations of a table; without rules where it declares none."""
        if not table.expectations:
            return Suite(table.table, table.file, ())
        return load_suite(suite_file(self.settings.conf_dir, self.pipeline.name, table))


def shape_hash(table: ComputedTable) -> str:
    """What the shape and its declaration are now: twelve hexadecimal digits."""
    return _digest([table.file, table.shape])


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]
