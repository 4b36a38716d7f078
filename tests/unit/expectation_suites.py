"""Expectation suites for tests, from rules that are written in one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lakehouse.quality.rules import Suite
from lakehouse.quality.suites import load_suite


def rule(
    id_: str,
    type_: str,
    *,
    severity: str = "critical",
    meta: dict[str, Any] | None = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """An expectation as in a suite's JSON; other keywords are its kwargs."""
    return {
        "type": type_,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {"id": id_} | (meta or {}),
    }


def suite_of(folder: Path, *rules: dict[str, Any]) -> Suite:
    """The suite of ``silver.orders`` with these rules, written to ``folder`` and loaded."""
    file = folder / "silver.orders.json"
    file.write_text(json.dumps({"name": "silver.orders", "expectations": list(rules)}))
    return load_suite(file)
