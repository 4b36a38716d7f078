"""Suites: Great Expectations 1.x JSON, read into typed rules and checked with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from lakehouse.config.yaml_file import did_you_mean, shown
from lakehouse.errors import DeclarationError
from lakehouse.quality import catalogue
from lakehouse.quality.expectation_kwargs import check_kwargs
from lakehouse.quality.rules import WELL_FORMED, Rule, Suite
from lakehouse.quality.suite_json import Json, read

_SUITE_KEYS = ("name", "expectations", "meta", "notes", "id")
_EXPECTATION_KEYS = ("type", "kwargs", "severity", "meta", "description", "notes", "id")
_META_KEYS = ("id", "scope", "nulls", "notes")


def load_suite(path: Path) -> Suite:
    """Read a suite. Raises DeclarationError (file:line, nearest valid word) for whatever is off.

    Great Expectations is imported only for a type that is not compiled: it takes seconds.
    """
    data, lines = read(path)
    top = f"{shown(path)}:1"
    _known_keys(data, _SUITE_KEYS, top)
    if not isinstance(data.get("name"), str) or not isinstance(data.get("expectations"), list):
        _off(top, "a suite has a `name` and a list of `expectations`")
    items = zip(data["expectations"], lines, strict=True)
    rules = tuple(_rule(item, path, line) for item, line in items)
    _unique_ids(rules)
    return Suite(data["name"], path, rules)


def _off(where: str, message: str, hint: str | None = None) -> NoReturn:
    raise DeclarationError(message, where=where, hint=hint)


def _known_keys(given: Mapping[str, Json], known: Iterable[str], where: str) -> None:
    for key in given:
        if key not in known:
            _off(where, f"unknown key '{key}'{did_you_mean(key, known)}")


def _rule(item: Json, path: Path, line: int) -> Rule:
    where = f"{shown(path)}:{line}"
    if not isinstance(item, dict):
        _off(where, "an expectation is an object with `type`, `kwargs` and `meta`")
    _known_keys(item, _EXPECTATION_KEYS, where)
    kwargs, meta = item.get("kwargs", {}), item.get("meta", {})
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        _off(where, "`kwargs` and `meta` are objects")
    _known_keys(meta, _META_KEYS, where)
    expectation = _known_type(item.get("type"), where)
    rule = Rule(
        id=_id(meta, where),
        type=expectation,
        kwargs=kwargs,
        severity=_one_of(item, "severity", ("critical", "warning", "info"), where),
        mostly=1.0,
        scope=_one_of(meta, "scope", ("day", "table"), where),
        nulls=_one_of(meta, "nulls", ("fail", "pass"), where),
        notes=_text(meta.get("notes", item.get("notes"))),
        line=line,
        file=path,
    )
    return check_kwargs(rule, nulls_said="nulls" in meta)


def _known_type(name: Json, where: str) -> str:
    if name in catalogue.REFUSED:
        _off(where, f"'{name}' is not supported: {catalogue.REFUSED[name]}")
    if name not in catalogue.KNOWN:
        _off(where, f"unknown expectation type '{name}'{did_you_mean(str(name), catalogue.KNOWN)}")
    return str(name)


def _id(meta: Mapping[str, Json], where: str) -> str:
    name = meta.get("id")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        _off(where, "`meta.id` names the rule: a predicate in snake_case, like amount_is_positive")
    if name == WELL_FORMED:
        _off(where, f"'{WELL_FORMED}' is the built-in rule for malformed rows; choose another id")
    return name


def _one_of(given: Mapping[str, Json], key: str, known: tuple[str, ...], where: str) -> Json:
    value = given.get(key, known[0])
    if value not in known:
        near = did_you_mean(str(value), known)
        _off(where, f"{key} '{value}' is none of {', '.join(known)}{near}")
    return value


def _text(notes: Json) -> str | None:
    if isinstance(notes, list):
        return "\n".join(map(str, notes))
    return None if notes is None else str(notes)


def _unique_ids(rules: tuple[Rule, ...]) -> None:
    first: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in first:
            _off(
                rule.where, f"the id '{rule.id}' stands twice (first in line {first[rule.id].line})"
            )
        first[rule.id] = rule
