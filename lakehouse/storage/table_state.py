"""The state of a table: its commits that count, without those that a ``RESTORE`` undid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from lakehouse.storage.history import REMOVES, Commit, parse_restore


@dataclass(frozen=True)
class TableState:
    """The state of a table: its newest version, and the commits that count, newest first.

    ``whole_log`` says whether ``commits`` reaches back to the oldest commit in the log.
    """

    version: int
    commits: tuple[Commit, ...]
    whole_log: bool = True

    @property
    def last_tagged(self) -> Commit | None:
        """The newest commit with a tag of the library, which records how far the table has read.

        None where there is none, or where another writer has replaced the rows since.
        """
        return next(iter(self.tagged()), None)

    def tagged(self) -> Iterator[Commit]:
        """The refreshes, newest first, back to where another writer replaced the rows."""
        for commit in self.commits:
            if commit.replaces_rows:
                return
            if commit.is_refresh:
                yield commit

    def after(self, version: int) -> list[Commit] | None:
        """The commits after ``version``, newest first; None where the log does not reach back.

        An undo is not among them where it only took back what came after ``version``.
        """
        newer = [
            commit
            for commit in self.commits
            if commit.version > version and not _is_at_most(version, commit.restored_version)
        ]
        oldest = self.commits[-1].version if self.commits else self.version
        return newer if oldest <= version + 1 else None

    def ranges(self, since: int, until: int) -> list[tuple[int, int]]:
        """The ranges (after, up to) of versions whose changes lead from ``since`` to ``until``.

        What an undo took back, and the undo itself, are left out. For example, with versions 3, 4
        (undone), 5 (an undo to 3) and 6, the changes from 2 to 6 are those of 3 and of 6. So are
        commits that keep every row at the beginning of a range: they may be older than Delta reads.
        """
        ranges = [(since, until)]
        for commit in self.commits:
            restored = commit.restored_version
            if restored is not None and since <= restored and commit.version <= until:
                after, end = ranges.pop()
                ranges += [(commit.version, end), (after, restored)]
        return [
            (start, end)
            for after, end in reversed(ranges)
            if (start := self._start(after, end)) < end
        ]

    def _start(self, after: int, end: int) -> int:
        """The last version up to which only commits that keep every row follow ``after``."""
        if not self.commits or self.commits[-1].version > after + 1:
            return after
        changes = (c.version for c in self.commits if after < c.version <= end and not c.keeps_rows)
        return min(changes, default=end + 1) - 1

    def with_commit(self, commit: Commit) -> TableState | None:
        """The state after the run's own commit; None where another writer committed in between."""
        if commit.version != self.version + 1:
            return None
        return replace(self, version=commit.version, commits=(commit, *self.commits))


def _is_at_most(version: int, other: int | None) -> bool:
    return other is not None and version <= other


def drop_undone(commits: Iterable[Commit]) -> Iterator[Commit]:
    """The commits that count, newest first: a ``RESTORE`` undoes those after its version.

    For example, of versions 0, 1, 2, 3 (``RESTORE`` to 0) and 4, those that count are 4, 3, 0. An
    undo of the run that created the table undoes all before it.
    """
    undone_after: int | None = None
    undone_since: datetime | None = None
    for commit in commits:
        if undone_after is not None and commit.version > undone_after:
            continue
        if undone_since is not None and commit.timestamp and commit.timestamp > undone_since:
            continue
        undone_after = undone_since = None
        yield commit
        if REMOVES in commit.tag:
            undone_after = -1
        elif commit.operation == "RESTORE":
            undone_after, undone_since = parse_restore(commit)


def is_absent(commits: Iterable[Commit]) -> bool:
    """Whether the run that created a table was taken back, by its commits that count, newest first.

    Such a table has no rows, and counts as not written yet.
    """
    newest = next((c for c in commits if c.changes_rows or REMOVES in c.tag), None)
    return newest is not None and REMOVES in newest.tag
