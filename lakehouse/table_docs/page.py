"""The page of one declared table, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from lakehouse.config.charts import Chart, Measure
from lakehouse.config.declarations import (
    BronzeTable,
    ComputedTable,
    GoldTable,
    SilverTable,
    SnapshotTable,
    Table,
)
from lakehouse.config.pipeline import Pipeline
from lakehouse.privacy.policy import Policy, treatments
from lakehouse.quality.rule_words import demand, how_many
from lakehouse.quality.rules import Rule, Suite
from lakehouse.refresh.definition import Definition
from lakehouse.sources.registry import source_of


def table_page(definition: Definition, pipeline: Pipeline, policy: Policy) -> str:
    """Description, grain, columns or inputs, how it is written, rules, and who reads it."""
    table = definition.table
    lines = [f"# {table.table}", "", " ".join(table.description.split()), ""]
    if isinstance(table, BronzeTable):
        lines += _bronze_table(table, policy)
    if isinstance(table, ComputedTable):
        lines += _computed_table(table, pipeline)
    lines += _rules(definition.suite) if definition.suite.rules else []
    lines += _readers(table, pipeline)
    return "\n".join(lines).rstrip() + "\n"


def _bronze_table(table: BronzeTable, policy: Policy) -> Iterator[str]:
    yield from ("| | |", "| --- | --- |")
    yield "| grain | one row per row of the source, as it came |"
    yield f"| source | {source_of(table).describe(table)} |"
    yield f"| a new column | `{table.on_new_column}` |"
    yield from ("", "## Columns", "")
    yield "| column | type | kind | in silver |"
    yield "| --- | --- | --- | --- |"
    rows: dict[str, list[str]] = {}
    for name, _, treatment, output in treatments(table.columns, policy):
        after = f"`{output}`: {treatment}" if output else treatment
        rows.setdefault(name, []).append(after)
    for name, column in table.columns.items():
        after = "<br>".join(dict.fromkeys(rows[name]))
        about = f"<br>{_cell(column.description)}" if column.description else ""
        yield f"| `{name}`{about} | {column.type} | {column.pii or '–'} | {after} |"
    yield ""


def _computed_table(table: ComputedTable, pipeline: Pipeline) -> Iterator[str]:
    yield from ("| | |", "| --- | --- |")
    yield f"| grain | {_grain(table)} |"
    several = "s, the first takes precedence" if len(table.sources) > 1 else ""
    yield f"| source{several} | {', '.join(_link(name, pipeline) for name in table.sources)} |"
    if table.lookups:
        yield f"| lookups | {', '.join(_link(name, pipeline) for name in table.lookups)} |"
    yield f"| write | {_write(table)} |"
    if isinstance(table, SilverTable):
        yield from _silver_table(table)
    if isinstance(table, SnapshotTable) and table.lookback:
        yield f"| looks back | {table.lookback} |"
    if isinstance(table, SnapshotTable) and table.horizon:
        yield f"| looks ahead | {table.horizon} |"
        if table.maturity:
            yield f"| known | {table.known_after_days} days after `as_of` |"
    if isinstance(table, GoldTable) and table.chart:
        yield f"| in the report | {'; '.join(_chart(chart) for chart in table.chart)} |"
    files = getattr(table, "transformations", {}).values() or [table.transformation]
    names = ", ".join(f"`{file.name}`" for file in files)
    yield f"| transformation | {names}, beside the declaration |"
    yield ""


def _grain(table: ComputedTable) -> str:
    keys = ", ".join(f"`{key}`" for key in table.keys)
    if isinstance(table, SnapshotTable):
        return f"one row for each {keys} and day `as_of`"
    if isinstance(table, SilverTable) and table.keeps_history:
        return f"one row for each {keys} and version (`valid_from`)"
    if keys:
        return f"one row for each {keys}"
    every = isinstance(table, SilverTable) and not table.drop_exact_repeats
    return "one row for each row of the source" if every else "one row for each different row"


def _write(table: ComputedTable) -> str:
    if isinstance(table, SilverTable | GoldTable):
        return f"`{table.write}`: {table.mode.summary}"
    return "`snapshot`: the rows of each day are kept"


def _silver_table(table: SilverTable) -> Iterator[str]:
    if table.sequence_by:
        yield f"| versions are ordered by | `{table.sequence_by}` |"
    if table.apply_as_deletes:
        yield f"| deletes where | `{_cell(table.apply_as_deletes)}` |"
    if table.changes_rows:
        yield "| rows | the transformation filters or multiplies rows |"
    if table.cluster_by:
        yield f"| clustered by | `{table.cluster_by}` |"


def _chart(chart: Chart) -> str:
    """``mean of `late_rate` weighted by `orders`, by `carrier` over `month```."""
    axes = [f"{word} `{name}`" for word, name in (("by", chart.by), ("over", chart.over)) if name]
    return ", ".join([*map(_measure, chart.measure), " ".join(axes)]).removesuffix(", ")


def _measure(measure: Measure) -> str:
    combined = f"{measure.combine} of " if measure.combine else ""
    weighted = f" weighted by `{measure.weight}`" if measure.weight else ""
    return f"{combined}`{measure.column}`{weighted}"


def _rules(suite: Suite) -> Iterator[str]:
    yield from ("## Rules", "")
    yield "| rule | demands | of | severity | notes |"
    yield "| --- | --- | --- | --- | --- |"
    for rule in suite.rules:
        yield _rule(rule)
    yield ""


def _rule(rule: Rule) -> str:
    nulls = "; NULL passes" if rule.nulls == "pass" else ""
    words = _cell(demand(rule)) + nulls
    return (
        f"| `{rule.id}` | {words} | {how_many(rule)} | {rule.severity} | "
        f"{_cell(rule.notes or '')} |"
    )


def _readers(table: Table, pipeline: Pipeline) -> Iterator[str]:
    readers = [name for name, other in pipeline.computed().items() if table.table in other.inputs]
    if readers:
        yield from ("## Read by", "")
        yield ", ".join(_link(name, pipeline) for name in sorted(readers))


def _link(name: str, pipeline: Pipeline) -> str:
    return f"[{name}]({name}.md)" if name in pipeline.tables() else f"`{name}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
