"""The parts of a definition's fingerprint: everything that can change a table's rows, by name.

Rules, descriptions, owners, clustering and what the library generates are not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlglot import exp

from lakehouse.config.declarations import ComputedTable
from lakehouse.config.pipeline import Pipeline
from lakehouse.config.python_source import logic_of_python
from lakehouse.privacy.fingerprint import describe_treatments, key_fingerprint, reads_tokens
from lakehouse.privacy.keys import Key
from lakehouse.privacy.policy import Policy
from lakehouse.sql import fingerprint
from lakehouse.sql.query import Query

Parts = dict[str, Any]


class DefinitionParts:
    """Computes the parts of a pipeline's definitions.

    ``key`` is called only where tokens are read. It may be None (documents); then the parts omit
    the key and cannot be compared with those of a commit.
    """

    def __init__(self, pipeline: Pipeline, policy: Policy, key: Callable[[], Key] | None) -> None:
        self.pipeline = pipeline
        self.policy = policy
        self.key = key

    def protection(self, tables: Iterable[str], columns: set[str] | None = None) -> Parts:
        """The treatments of bronze columns, and the key's hash where one of them is a token.

        ``columns`` are the protected columns that are read; None for all of them.
        """
        parts: Parts = {"treatments": {}}
        for name in tables:
            declared = self.pipeline.bronze[name].columns
            read = {
                column: entry
                for column, entry in declared.items()
                if columns is None or self._is_read(column, entry.pii, columns)
            }
            texts = describe_treatments(read, self.policy)
            parts["treatments"] |= {f"{name}.{column}": text for column, text in texts.items()}
            if self.key is not None and reads_tokens(read, self.policy):
                parts["key"] = key_fingerprint(self.key())
        return parts

    def all_treatments(self, tables: Iterable[str]) -> Mapping[str, str]:
        """The treatment of every column of bronze tables, by ``bronze.a.column``."""
        return {
            f"{name}.{column}": text
            for name in tables
            for column, text in describe_treatments(
                self.pipeline.bronze[name].columns, self.policy
            ).items()
        }

    def _is_read(self, column: str, kind: str | None, columns: set[str]) -> bool:
        outputs = self.policy.treatment(kind).outputs(column) if kind else []
        return bool({column.lower(), *(name.lower() for name in outputs)} & columns)

    def sources_of(self, table: str) -> list[str]:
        """The bronze tables upstream of a table."""
        computed = self.pipeline.computed()
        inputs = computed[table].inputs if table in computed else []
        sources: dict[str, None] = {}
        for name in inputs:
            for source in [name] if name in self.pipeline.bronze else self.sources_of(name):
                sources[source] = None
        return list(sources)

    def logic(self, table: ComputedTable, query: Query | None) -> Parts:
        """Hashes of the transformation as written, the inputs, and the constants it uses."""
        if query is None:
            root = table.file.parents[1]
            return {
                "logic": _short(logic_of_python(table.transformation, root)),
                "inputs": list(table.inputs),
            }
        by_column = fingerprint.hash_columns(query)
        select = (
            {
                "select": {
                    "rest": _short(by_column[0]),
                    "columns": {name: _short(text) for name, text in by_column[1].items()},
                }
            }
            if by_column
            else {}
        )
        used = {
            name: value for name, value in table.info.constants.items() if f":{name}" in query.text
        }
        return {
            "logic": _short(fingerprint.hash_logic(query)),
            **select,
            "inputs": list(table.inputs),
            "constants": used,
        }


def find_columns_read(query: Query | None) -> set[str] | None:
    """The column names in a query, lower case; None where ``*`` or Python may read any column."""
    if query is None or any(True for _ in query.tree.find_all(exp.Star)):
        return None
    return {column.name.lower() for column in query.tree.find_all(exp.Column)}


def _short(digest: str) -> str:
    return digest[:16]
