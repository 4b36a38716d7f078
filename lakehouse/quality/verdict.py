"""The verdict on a batch: whether it may be written, by which rules, and why rows failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from lakehouse.quality import results
from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.results import RuleResult

UNPARSED = "unparsed"


@dataclass(frozen=True)
class Verdict:
    """The result of a suite on a batch; holds no value of a cell.

    ``rows_quarantined`` counts the rows that fail a critical row rule. ``failed`` has the number of
    failing rows by rule; ``malformed`` the number of values that did not fit by declared column,
    and under ``unparsed`` the rows that could not be parsed. ``days`` are the business days of the
    rows.
    """

    rows_read: int
    rows_quarantined: int
    results: tuple[RuleResult, ...]
    failed: Mapping[str, int] = field(default_factory=dict)
    malformed: Mapping[str, int] = field(default_factory=dict)
    days: tuple[date, ...] = ()

    @property
    def stopped(self) -> tuple[RuleResult, ...]:
        """The results that stop the write; one failing day stops the whole batch."""
        return results.stopping(self.results)

    def with_results(self, more: Iterable[RuleResult]) -> Verdict:
        """The verdict with further results, such as those of table scope."""
        return replace(self, results=(*self.results, *more))

    def as_json(self) -> str:
        """The results as JSON for ``ops.runs``."""
        return results.as_json(self.results)

    def message(self, table: str) -> str:
        """A line for each failed rule, those that stop the write first."""
        return results.message(self.results, table)

    def reasons(self, types: Mapping[str, str] | None = None, most: int = 2) -> list[str]:
        """Why rows went to quarantine, the ``most`` frequent reasons first:
        ``latitude: 2,753 values do not fit decimal(12,8)``, ``amount_is_positive: 17 rows``.

        ``types`` are the declared types of the bronze columns.
        """
        lines = sorted(self._reasons(types or {}), key=lambda reason: -reason[0])
        return [line for _, line in lines[:most]]

    def _reasons(self, types: Mapping[str, str]) -> Iterator[tuple[int, str]]:
        for name, count in self.malformed.items():
            if name == UNPARSED:
                yield count, f"{_format_count(count, 'row')} could not be parsed"
            else:
                fit = "does not fit" if count == 1 else "do not fit"
                of = types.get(name, "the declared type")
                yield count, f"{name}: {_format_count(count, 'value')} {fit} {of}"
        for rule, count in self.failed.items():
            # The malformed columns are more precise.
            if rule != WELL_FORMED or not self.malformed:
                yield count, f"{rule}: {_format_count(count, 'row')}"


def _format_count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
