"""Read suites (Great Expectations 1.x JSON) into typed rules, checked with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lakehouse.config.yaml_file import did_you_mean, shown
from lakehouse.errors import DeclarationError, Mistakes
from lakehouse.quality.expectation_kwargs import kwargs_errors
from lakehouse.quality.expectations.forms import is_number
from lakehouse.quality.expectations.nulls import WELL_FORMED
from lakehouse.quality.expectations.registry import REFUSED, known_types
from lakehouse.quality.rules import Rule, Suite, builtin_id_errors, column_errors
from lakehouse.quality.suite_json import Json, read

_SUITE_KEYS = ("name", "expectations", "meta", "notes", "id")
_EXPECTATION_KEYS = ("type", "kwargs", "severity", "meta", "description", "notes", "id")
_META_KEYS = ("id", "scope", "nulls", "notes")
_SEVERITIES = ("critical", "warning", "info")
_SCOPES = ("day", "table")
_NULLS = ("fail", "pass")

Errors = Iterator[DeclarationError]


def load_suite(path: Path) -> Suite:
    """Read a suite. Raises all its mistakes at once as DeclarationErrors (file:line).

    Great Expectations is imported for uncompiled types only, since that takes seconds.
    """
    suite, errors = _read(path)
    Mistakes(errors).raise_all()
    return suite


def suite_errors(
    path: Path, *, columns: Iterable[str] | None = None, builtin: Iterable[Rule] = ()
) -> list[DeclarationError]:
    """All mistakes of a suite, in line order; empty for a valid suite.

    ``columns`` are those of the table, if they are known; ``builtin`` are the rules that the
    library adds, whose ids are taken. The columns of a rule with another mistake are not checked.
    """
    try:
        suite, errors = _read(path)
    except DeclarationError as unreadable:
        return [unreadable]
    if columns is not None:
        errors += column_errors(suite, columns)
    errors += builtin_id_errors(suite, builtin)
    return sorted(errors, key=_line)


def _read(path: Path) -> tuple[Suite, list[DeclarationError]]:
    """The suite with its valid rules, and the mistakes in line order."""
    document = read(path)
    data, top = document.data, f"{shown(path)}:1"
    errors = [*_unknown_keys(data, _SUITE_KEYS, top), *_share_errors(data.get("meta"), top)]
    name, items = data.get("name"), data.get("expectations")
    if not isinstance(name, str) or not isinstance(items, list):
        errors.append(_error(top, "a suite has a `name` and a list of `expectations`"))
        return Suite(str(name), path, ()), errors
    rules = []
    for index, item in enumerate(items):
        rule, mistakes = _rule(item, document.where("expectations", index))
        errors += mistakes
        rules += [rule] if rule and not mistakes else []
    errors += _duplicate_errors(rules)
    share = None if errors else (data.get("meta") or {}).get("well_formed_mostly")
    suite = Suite(name, path, tuple(rules), None if share is None else float(share))
    return suite, sorted(errors, key=_line)


def _error(where: str, message: str, hint: str | None = None) -> DeclarationError:
    return DeclarationError(message, where=where, hint=hint)


def _line(error: DeclarationError) -> int:
    return int(str(error.where).rpartition(":")[2])


def _unknown_keys(given: Mapping[str, Json], known: Iterable[str], where: str) -> Errors:
    for key in given:
        if key not in known:
            yield _error(where, f"unknown key '{key}'{did_you_mean(key, known)}")


def _share_errors(meta: Json, where: str) -> Errors:
    share = meta.get("well_formed_mostly") if isinstance(meta, dict) else None
    if share is not None and not (is_number(share) and 0 <= share <= 1):
        yield _error(where, "`meta.well_formed_mostly` is a number from 0 to 1")


def _rule(item: Json, where: str) -> tuple[Rule | None, list[DeclarationError]]:
    """The rule and its mistakes; no rule where the item is not an expectation."""
    if not isinstance(item, dict):
        return None, [_error(where, "an expectation is an object with `type`, `kwargs` and `meta`")]
    kwargs, meta = item.get("kwargs", {}), item.get("meta", {})
    if not isinstance(kwargs, dict) or not isinstance(meta, dict):
        return None, [_error(where, "`kwargs` and `meta` are objects")]
    mostly = kwargs.get("mostly", 1.0)
    rule = Rule(
        id=str(meta.get("id")),
        type=str(item.get("type")),
        kwargs=kwargs,
        severity=item.get("severity", "critical"),
        mostly=float(mostly) if is_number(mostly) else 1.0,
        scope=meta.get("scope", "day"),
        nulls=meta.get("nulls", "fail"),
        notes=_text(meta.get("notes", item.get("notes"))),
        where=where,
        scope_declared="scope" in meta,
    )
    errors = [
        *_unknown_keys(item, _EXPECTATION_KEYS, where),
        *_unknown_keys(meta, _META_KEYS, where),
        *_type_errors(item.get("type"), where),
        *_id_errors(meta.get("id"), where),
        *_choice_errors("severity", rule.severity, _SEVERITIES, where),
        *_choice_errors("scope", rule.scope, _SCOPES, where),
        *_choice_errors("nulls", rule.nulls, _NULLS, where),
    ]
    if rule.type in known_types():
        errors += kwargs_errors(rule, nulls_declared="nulls" in meta)
    return rule, errors


def _type_errors(name: Json, where: str) -> Errors:
    if isinstance(name, str) and name in REFUSED:
        yield _error(where, f"'{name}' is not supported: {REFUSED[name]}")
    elif name not in (known := known_types()):
        near = did_you_mean(str(name), known)
        yield _error(where, f"unknown expectation type '{name}'{near}")


def _id_errors(name: Json, where: str) -> Errors:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        message = "`meta.id` names the rule: a predicate in snake_case, like amount_is_positive"
        yield _error(where, message)
    elif name == WELL_FORMED:
        message = f"'{name}' is the built-in rule for malformed rows; choose another id"
        yield _error(where, message)


def _choice_errors(key: str, value: Json, known: tuple[str, ...], where: str) -> Errors:
    if value not in known:
        near = did_you_mean(str(value), known)
        yield _error(where, f"{key} '{value}' is none of {', '.join(known)}{near}")


def _text(notes: Json) -> str | None:
    if isinstance(notes, list):
        return "\n".join(map(str, notes))
    return None if notes is None else str(notes)


def _duplicate_errors(rules: Sequence[Rule]) -> Errors:
    first: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in first:
            line = first[rule.id].where.rpartition(":")[2]
            yield _error(rule.where, f"duplicate id '{rule.id}' (first in line {line})")
        first.setdefault(rule.id, rule)
