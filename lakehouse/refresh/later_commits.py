"""What stands on a run that is to be undone: later commits of its tables, and who has read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lakehouse.errors import UsageError
from lakehouse.refresh.context import RunContext
from lakehouse.refresh.progress import progress_of
from lakehouse.storage.history import Commit

Logs = Mapping[str, Sequence[Commit]]
_FOREIGN = "another writer"
_EXPIRED = "rows expired in the maintenance"


@dataclass(frozen=True)
class TableUndo:
    """What a run did to one table: its commits that count, newest first.

    ``version`` is the newest version of the table, ``restores`` the one before the run; None where
    the run created the table.
    """

    table: str
    commits: tuple[Commit, ...]
    version: int
    restores: int | None

    @property
    def first(self) -> int:
        """The first version that the run wrote."""
        return self.commits[-1].version

    def describe(self, *, dry_run: bool = False) -> str:
        """What the undo does to the table, or would do."""
        verb = "would be" if dry_run else "was"
        if self.restores is None:
            return f"{verb} emptied and counts as not written, since the run created it"
        return f"{verb} restored to version {self.restores} (of {self.version})"


def refuse_later_commits(
    context: RunContext,
    run_id: str,
    undos: Sequence[TableUndo],
    counted: Logs,
) -> None:
    """Raise UsageError where commits of others follow the run's, or have read them."""
    stands: dict[str, set[str]] = {}
    for writer, what in (*_later_writers(undos, counted), *_readers(context, undos, counted)):
        if writer != run_id:
            stands.setdefault(writer, set()).add(what)
    if not stands:
        return
    others = sorted(stands, reverse=True)
    lines = [f"  {writer}: {', '.join(sorted(stands[writer]))}" for writer in others]
    runs = [writer for writer in others if not writer.startswith((_FOREIGN, _EXPIRED))]
    first = context.command("undo", days="") + f" --run {runs[0]}" if runs else ""
    raise UsageError(
        "\n".join([f"later commits stand on the run {run_id}; nothing was changed", *lines]),
        where="--run",
        hint=f"undo the newest run first: {first}" if runs else "these commits cannot be undone",
    )


def _later_writers(undos: Sequence[TableUndo], counted: Logs) -> Iterator[tuple[str, str]]:
    for undo in undos:
        for commit in counted[undo.table]:
            if commit.version <= undo.first:
                break
            what = f"wrote {undo.table} (version {commit.version})"
            if commit.is_refresh:
                yield commit.tag["run_id"], what
            elif commit.is_retention:
                yield f"{_EXPIRED} {commit.tag['run_id']}", what
            elif commit.changes_rows and commit.restored_version is None:
                yield f"{_FOREIGN} ({commit.operation})", what


def _readers(
    context: RunContext, undos: Sequence[TableUndo], counted: Logs
) -> Iterator[tuple[str, str]]:
    ids = {undo.table: context.progress.table_id(context.tables, undo.table) for undo in undos}
    for name, commits in counted.items():
        for commit in filter(lambda commit: commit.is_refresh, commits):
            inputs = progress_of(commit).inputs
            for undo in undos:
                at = inputs.get(undo.table)
                if at and at.table_id == ids[undo.table] and at.version >= undo.first:
                    yield commit.tag["run_id"], f"{name} has read {undo.table}"
