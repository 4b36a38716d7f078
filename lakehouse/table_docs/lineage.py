"""How a pipeline's tables come from each other, as a mermaid graph."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.pipeline import Pipeline


def lineage(pipeline: Pipeline) -> list[str]:
    """A fenced graph from bronze to gold; a lookup is a dotted arrow."""
    return ["```mermaid", "flowchart LR", *dict.fromkeys(_edges(pipeline)), "```"]


def _edges(pipeline: Pipeline) -> Iterator[str]:
    for name in pipeline.tables():
        yield f"  {_node(name)}[{name}]"
    for name, table in pipeline.computed().items():
        for source in table.sources:
            yield f"  {_node(source)}[{source}] --> {_node(name)}"
        for lookup in table.lookups:
            yield f"  {_node(lookup)}[{lookup}] -.-> {_node(name)}"
    yield from _of_model(pipeline)


def _of_model(pipeline: Pipeline) -> Iterator[str]:
    model = pipeline.model
    if model is None:
        return
    node = f"model_{model.model}"
    for name in model.features.tables:
        yield f"  {_node(name)} --> {node}(model {model.model})"
    yield f"  {_node(model.label_table)} --> {node}"
    for name in pipeline.predictions():
        yield f"  {node} --> {_node(name)}[{name}]"


def _node(table: str) -> str:
    return table.replace(".", "_")
