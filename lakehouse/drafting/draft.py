"""Draft a pipeline: from the files of a folder to the texts of its declarations."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakehouse.drafting.draft_tables import DraftColumn, DraftTable, draft_table
from lakehouse.drafting.file_samples import FoundFile, find_files
from lakehouse.drafting.gold_tables import DraftGold, draft_gold
from lakehouse.drafting.scalar_types import is_timestamp
from lakehouse.drafting.sources import find_sources
from lakehouse.drafting.sql_texts import gold_sql, silver_sql
from lakehouse.drafting.suites import draft_suite
from lakehouse.drafting.yaml_texts import bronze_yaml, gold_yaml, pipeline_yaml, silver_yaml
from lakehouse.errors import UsageError
from lakehouse.privacy.policy import Policy

_FAR = "2100"  # from this year on, a day stands for no end: 9999-12-31


@dataclass(frozen=True)
class Draft:
    """A drafted pipeline. ``left_out`` has the reason for each file that no table reads; ``date``
    is a business day on which a run takes all files; ``kinds``
    are those of the policy; ``needs_key``: a column becomes a token."""

    name: str
    tables: tuple[DraftTable, ...]
    gold: DraftGold | None
    left_out: dict[str, str]
    date: datetime.date
    timezone: str
    kinds: tuple[str, ...]
    needs_key: bool

    def declarations(self) -> dict[str, str]:
        """The texts by their paths below the folder of the pipeline."""
        return {"pipeline.yml": pipeline_yaml(self.name, self.timezone), **dict(self._tables())}

    def _tables(self) -> Iterator[tuple[str, str]]:
        for table in self.tables:
            yield f"bronze/{table.name}.yml", bronze_yaml(table, self.kinds)
            if table.has_silver:
                yield f"silver/{table.name}.yml", silver_yaml(table)
                yield f"silver/{table.name}.sql", silver_sql(table)
        if self.gold:
            yield f"gold/{self.gold.name}.yml", gold_yaml(self.gold)
            yield f"gold/{self.gold.name}.sql", gold_sql(self.gold, self.timezone)

    def suites(self) -> dict[str, str]:
        """The suites by their file names."""
        return {
            f"silver.{table.name}.json": json.dumps(
                draft_suite(table), indent=2, ensure_ascii=False
            )
            + "\n"
            for table in self.tables
            if table.has_silver
        }


def draft_pipeline(name: str, folder: Path, policy: Policy, *, timezone: str) -> Draft:
    """Look at the files below ``folder`` and draft a pipeline for them.

    Deterministic: the same files give the same draft. Raises UsageError for a folder that does not
    exist, or without a file that can be drafted.
    """
    if not folder.is_dir():
        raise UsageError(f"folder '{folder}' does not exist", where="--from")
    files = find_files(folder)
    found = find_sources(files, name)
    if not found.sources:
        raise UsageError(
            f"no file in '{folder}' that a source can be drafted from",
            where="--from",
            hint=_reasons(found.left_out) or "the folder is empty; put files there first",
        )
    names = [source.name for source in found.sources]
    drafted = [draft_table(source, policy, names) for source in found.sources]
    tables = tuple(table for table in drafted if table.columns)
    return Draft(
        name,
        tables,
        draft_gold(tables),
        found.left_out,
        _business_day(tables, files),
        timezone,
        tuple(policy.kinds),
        any(_is_token(column, policy) for table in tables for column in table.columns),
    )


def _as_json(suite: dict[str, Any]) -> str:
    return json.dumps(suite, indent=2, ensure_ascii=False)


def _is_token(column: DraftColumn, policy: Policy) -> bool:
    return column.kind is not None and bool(policy.kinds[column.kind].token_domains)


def _reasons(left_out: dict[str, str]) -> str:
    return "; ".join(f"{key}: {reason}" for key, reason in list(left_out.items())[:3])


def _business_day(tables: Sequence[DraftTable], files: Sequence[FoundFile]) -> datetime.date:
    """The last day in the paths; else in the data; else of the modification times."""
    in_paths = [day for table in tables for day in table.source.days]
    if in_paths:
        return max(in_paths)
    in_data = [
        text.strip()[:10]
        for table in tables
        for column in table.kept
        if column.profile.is_day
        for text in column.profile.texts
        if is_timestamp(text) and text.strip() < _FAR
    ]
    if in_data:
        return datetime.date.fromisoformat(max(in_data))
    return max(file.modified for file in files)
