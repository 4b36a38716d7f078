"""The result of a rule, as a value, as JSON and as a line of text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from lakehouse.quality.rules import Severity


@dataclass(frozen=True)
class RuleResult:
    """The result of a rule on the rows of one day, or of the whole frame (``day`` None).

    ``passed`` counts rows; None for a rule that has only a verdict. Holds no value of a cell.
    """

    rule: str
    type: str
    severity: Severity
    day: date | None
    rows: int
    passed: int | None
    mostly: float
    ok: bool
    where: str

    @property
    def stops(self) -> bool:
        """Whether the write must not happen."""
        return self.severity == "critical" and not self.ok

    def as_dict(self) -> dict[str, object]:
        """The fields that are kept in ``ops.runs``."""
        kept = ("rule", "severity", "day", "rows", "passed", "mostly", "ok")
        fields = {key: getattr(self, key) for key in kept}
        return fields | {"day": self.day.isoformat() if self.day else None}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> RuleResult:
        """The result from ``ops.runs``, where the rule's type and ``where`` are not kept."""
        day = kept.get("day")
        return cls(
            rule=str(kept["rule"]),
            type="",
            severity=kept.get("severity", "critical"),
            day=date.fromisoformat(day) if day else None,
            rows=int(kept.get("rows") or 0),
            passed=kept.get("passed"),
            mostly=float(kept.get("mostly", 1.0)),
            ok=bool(kept.get("ok")),
            where="",
        )

    def line(self, table: str) -> str:
        """``silver.orders  ✗ amount_is_positive   91.2 % of 4,410 rows pass, …   file:line``."""
        mark = "✓" if self.ok else "✗" if self.severity == "critical" else "!"
        return f"{table}  {mark} {self.rule}   {self._describe()}   {self.where}"

    def _describe(self) -> str:
        of_day = f" of {self.day.isoformat()}" if self.day else ""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}{of_day}"
        if self.passed is None:
            return f"{self.type} {'holds' if self.ok else 'does not hold'} on {rows}"
        if self.rows == 0:
            return f"no rows{of_day}"
        must = Decimal(str(self.mostly)) * 100
        wanted = "all" if must == 100 else f"at least {must.normalize():f} %"
        return f"{_percent(self.passed, self.rows, must)} % of {rows} pass, {wanted} must"


def share_suffices(passed: int, rows: int, mostly: float) -> bool:
    """Whether ``passed`` of ``rows`` is at least the share ``mostly``, in exact arithmetic."""
    return Decimal(passed) >= Decimal(str(mostly)) * rows


def stopping(results: Iterable[RuleResult]) -> tuple[RuleResult, ...]:
    """The results that stop the write."""
    return tuple(result for result in results if result.stops)


def message(results: Iterable[RuleResult], table: str) -> str:
    """A line for each failed rule, those that stop the write first; empty if none failed."""
    missed = [result for result in results if not result.ok]
    return "\n".join(r.line(table) for r in sorted(missed, key=lambda result: not result.stops))


def as_json(results: Iterable[RuleResult]) -> str:
    """A JSON list with one object per result: rule, severity, day, rows, passed, mostly, ok."""
    return json.dumps([result.as_dict() for result in results], default=str)


def from_json(text: str | None) -> tuple[RuleResult, ...]:
    """The results from ``as_json``; empty for NULL and for invalid JSON."""
    try:
        kept = json.loads(text or "[]")
    except json.JSONDecodeError:
        return ()
    return tuple(
        RuleResult.from_dict(entry)
        for entry in kept
        if isinstance(entry, dict) and entry.get("rule")
    )


def _percent(passed: int, rows: int, must: Decimal) -> str:
    """The percentage rounded down, with enough digits to differ from ``must`` if it is below."""
    exact = Decimal(passed) * 100 / Decimal(rows)
    for digits in range(1, 7):
        rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_FLOOR)
        if exact >= must or rounded < must:
            break
    return "100" if rounded == 100 else str(rounded)
