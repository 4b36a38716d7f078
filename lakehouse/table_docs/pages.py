"""A page of docs/tables for each declared table: ``python -m lakehouse.table_docs.pages``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from lakehouse.config.declarations import Table
from lakehouse.config.pipeline import Pipeline, load_pipeline, pipeline_names
from lakehouse.config.settings import Settings
from lakehouse.privacy.policy import load_policy
from lakehouse.refresh.compile import Compiler
from lakehouse.table_docs.lineage import lineage
from lakehouse.table_docs.page import table_page

Pages = dict[Path, str]


def pages(conf_dir: Path) -> Pages:
    """Every page by its place below docs/tables, for every pipeline below ``conf_dir``.

    Raises DeclarationError (file:line) for a mistake in a declaration.
    """
    policy = load_policy(conf_dir / "privacy.yml")
    made: Pages = {}
    for name in pipeline_names(conf_dir):
        pipeline = load_pipeline(conf_dir, name)
        made[Path(name) / "README.md"] = overview(pipeline)
        # The pages are the same in every environment, and without a key nothing is compared.
        settings = Settings(pipeline=name, env="docs", conf_dir=conf_dir)
        for definition in Compiler(pipeline, settings, policy, key=None).compile().values():
            text = table_page(definition, pipeline, policy)
            made[Path(name) / f"{definition.name}.md"] = text
    return made


def overview(pipeline: Pipeline) -> str:
    """The pipeline's tables, and how they come from each other."""
    lines = [
        f"# {pipeline.name}",
        "",
        f"{pipeline.info.description}.",
        "",
        f"Owner {pipeline.info.owner}, zone {pipeline.info.timezone}, "
        f"weeks start on {pipeline.info.week_starts}.",
        "",
        *lineage(pipeline),
        "",
    ]
    kinds: Mapping[str, Mapping[str, Table]] = {
        "Bronze": pipeline.bronze, "Silver": pipeline.silver, "Gold": pipeline.gold,
        "Features": pipeline.features, "Labels": pipeline.labels,
    }  # fmt: skip
    for kind, tables in kinds.items():
        if tables:
            lines += [f"## {kind}", "", "| table | what it holds |", "| --- | --- |"]
            lines += [_row(table) for _, table in sorted(tables.items())]
            lines.append("")
    return "\n".join(lines)


def _row(table: Table) -> str:
    about = " ".join(table.description.split()).replace("|", "\\|")
    return f"| [{table.table}]({table.table}.md) | {about} |"


def differences(made: Pages, folder: Path) -> list[str]:
    """The pages that are missing, differ, or stand there without a table."""
    there = {path.relative_to(folder) for path in folder.rglob("*.md")} - {Path("README.md")}
    off = [
        str(path)
        for path, text in made.items()
        if path not in there or (folder / path).read_text(encoding="utf-8") != text
    ]
    return sorted([*off, *(str(path) for path in there - made.keys())])


def write(made: Pages, folder: Path) -> None:
    """Make the folder hold these pages: pages of tables that are gone are removed."""
    for name in differences(made, folder):
        path = folder / name
        if Path(name) in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[Path(name)], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages; with ``--check`` only say which are not up to date (exit code 1)."""
    parser = argparse.ArgumentParser(description="Write docs/tables from the declarations.")
    parser.add_argument("--conf-dir", type=Path, default=Path("conf"))
    parser.add_argument("--docs", type=Path, default=Path("docs/tables"))
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    made = pages(options.conf_dir)
    if not options.check:
        write(made, options.docs)
        return 0
    off = differences(made, options.docs)
    for name in off:
        sys.stderr.write(f"{options.docs / name}: not up to date; run `make docs`\n")
    return 1 if off else 0


if __name__ == "__main__":
    raise SystemExit(main())
