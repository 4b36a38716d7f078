"""The tables that ``--tables`` selects: names, ``+`` for up- and downstream, ``state:changed``.

--tables silver.orders        the table
--tables +silver.orders       and everything upstream of it
--tables silver.orders+       and everything downstream of it
--tables state:changed+       tables that are new or whose definition changed, and downstream
--tables a,b                  both
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.config.pipeline import Pipeline
from lakehouse.config.yaml_file import did_you_mean
from lakehouse.errors import UsageError

CHANGED = "state:changed"


@dataclass(frozen=True)
class Selector:
    """One part of ``--tables``: a table or ``state:changed``, alone or with up- or downstream."""

    name: str
    upstream: bool = False
    downstream: bool = False


def parse_selectors(texts: Iterable[str]) -> list[Selector]:
    """``["+a", "b+,c"]`` as selectors. Raises UsageError for a ``+`` without a name."""
    selectors: list[Selector] = []
    for text in (part.strip() for whole in texts for part in whole.split(",")):
        name = text.removeprefix("+").removesuffix("+").strip()
        if text and not name:
            raise UsageError(
                f"'{text}' names no table", where="--tables", hint="write +TABLE, TABLE+ or TABLE"
            )
        if text:
            selectors.append(Selector(name, text.startswith("+"), text.endswith("+")))
    return selectors


def inputs_of(pipeline: Pipeline) -> dict[str, list[str]]:
    """The tables that each table reads, for every table of the pipeline; the graph's edges."""
    graph: dict[str, list[str]] = {name: [] for name in pipeline.bronze}
    graph |= {name: list(table.inputs) for name, table in pipeline.computed().items()}
    if pipeline.model is not None:
        scores = pipeline.model.scores
        graph |= {scores.history: pipeline.model.features.tables, scores.current: [scores.history]}
    return graph


def select(
    pipeline: Pipeline, selectors: Sequence[Selector], changed: Callable[[], Collection[str]]
) -> list[str]:
    """The union of what is selected, in the order of the pipeline's tables.

    ``changed`` returns the tables of ``state:changed``; it is called for that selector only. Raises
    UsageError for an unknown table, with the nearest name.
    """
    upstream = inputs_of(pipeline)
    downstream: dict[str, list[str]] = {name: [] for name in upstream}
    for name, inputs in upstream.items():
        for source in inputs:
            downstream.setdefault(source, []).append(name)
    selected: set[str] = set()
    for selector in selectors:
        check_name(pipeline, selector.name)
        start = set(changed()) if selector.name == CHANGED else {selector.name}
        selected |= start
        if selector.upstream:
            selected |= _reachable(start, upstream)
        if selector.downstream:
            selected |= _reachable(start, downstream)
    return [name for name in upstream if name in selected]


def check_name(pipeline: Pipeline, name: str) -> None:
    """Raise UsageError for a name that is neither a table of the pipeline nor ``state:changed``."""
    known = list(inputs_of(pipeline))
    if name in known or name == CHANGED:
        return
    if ":" in name:
        raise UsageError(
            f"unknown method '{name}'{did_you_mean(name, [CHANGED])}",
            where="--tables",
            hint=f"methods: {CHANGED}",
        )
    raise UsageError(
        f"'{pipeline.name}' has no table '{name}'{did_you_mean(name, known)}",
        where="--tables",
        hint=f"tables: {', '.join(sorted(known))}",
    )


def _reachable(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    """All tables that can be reached from ``start``."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - reached
        reached |= new
        waiting += new
    return reached
