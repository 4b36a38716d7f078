"""The comment with which a declaration names its JSON Schema, for editors."""

from __future__ import annotations


def schema_header(kind: str, *, above: int) -> str:
    """The first line of a declaration; ``above`` is how many folders ``conf`` is above its own."""
    return f"# yaml-language-server: $schema={'../' * above}schemas/{kind}.json\n"
