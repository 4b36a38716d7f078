"""Files in any order, as a state machine of Hypothesis: the library beside a model.

Between runs, files are written, changed and removed. A run may die after its first commit, before
the files of that are recorded. The model keeps what is known of each file in a dictionary.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from any_order_library import (
    BROKEN,
    CONTENTS,
    NAMES,
    Library,
    Load,
    Report,
    day_of,
    declared,
    has_rows,
    key_of,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule


@dataclass(frozen=True)
class Seen:
    """A file that a run has dealt with, and its content then: None where that is not recorded.

    ``refused`` is the content of a ``rejected`` file, whose loaded content is another.
    """

    status: Literal["loaded", "rejected", "ignored", "bad"]
    content: str | None
    refused: str = ""


@dataclass
class Model:
    """What each file is known for, and what was loaded."""

    policy: str
    duplicates: str
    max_files: int | None
    files: dict[str, str] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)

    def run(self, start: date, end: date, *, dies: bool) -> Report:
        report, left_out = Report(), set[str]()
        while True:
            before, report.warned = dict(self.seen), 0
            waiting = self._decide(end, left_out, report)
            batch = waiting[: self.max_files]
            for key in batch:
                self._load(key, start)
            if dies and batch:
                # The commit says what content it gave to files that were recorded before.
                read = [key for key in batch if has_rows(self.files[key])]
                contents = {key: self.files[key] if key in before else None for key in read}
                self.seen = before | {k: Seen("loaded", text) for k, text in contents.items()}
                return report
            bad = {key for key in batch if self.seen[key].status == "bad"}
            report.named |= bad
            left_out |= bad
            if batch == waiting:
                return report

    def _decide(self, end: date, left_out: set[str], report: Report) -> list[str]:
        """The files to load, in order. What is said of the others is added to the report."""
        waiting: list[str] = []
        contents = {s.content for s in self.seen.values() if s.status in ("loaded", "rejected")}
        for key, content in sorted(self.files.items()):
            if not content or date.fromisoformat(key.split("/")[1]) > end or key in left_out:
                continue
            seen = self.seen.get(key)
            if seen is None or seen.status == "bad":
                if self.duplicates == "skip" and content in contents:
                    self.seen[key] = Seen("ignored", content)
                else:
                    contents.add(content)
                    waiting.append(key)
            elif seen.content in (None, content):
                status = "ignored" if seen.status == "ignored" else "loaded"
                self.seen[key] = Seen(status, content)
            elif self.policy != "reject" or seen.status == "ignored" or not has_rows(seen.content):
                waiting.append(key)
            elif content == seen.refused:
                report.warned += 1
            else:
                self.seen[key] = Seen("rejected", seen.content, refused=content)
                report.named.add(key)
        return waiting

    def _load(self, key: str, start: date) -> None:
        content, day = self.files[key], date.fromisoformat(key.split("/")[1])
        self.seen[key] = Seen("bad" if content == BROKEN else "loaded", content)
        if content == BROKEN:
            return
        if self.policy == "replace":
            self.loads = [
                replace(load, is_current=load.is_current and load.key != key) for load in self.loads
            ]
        if has_rows(content):
            self.loads.append(Load(key, content, max(day, start)))


class FilesInAnyOrder(RuleBasedStateMachine):
    """After each run the library has loaded, named and warned of what the model has."""

    @initialize(
        policy=st.sampled_from(["reject", "new_version", "replace"]),
        duplicates=st.sampled_from(["load", "skip"]),
        max_files=st.sampled_from([None, 1, 2]),
    )
    def declare(self, policy: str, duplicates: str, max_files: int | None) -> None:
        self.folder = TemporaryDirectory()
        self.landing = Path(self.folder.name)
        (self.landing / "t").mkdir()
        self.clock = 1_000_000
        self.library = Library(self.landing, declared(policy, duplicates, max_files))
        self.model = Model(policy, duplicates, max_files)

    @rule(name=st.sampled_from(NAMES), content=st.sampled_from(CONTENTS))
    def write(self, name: str, content: str) -> None:
        """A new file, another content, or the same again."""
        file = self.landing / key_of(name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        self.clock += 1
        os.utime(file, (self.clock, self.clock))
        self.model.files[key_of(name)] = content

    @rule(name=st.sampled_from(NAMES))
    def remove(self, name: str) -> None:
        (self.landing / key_of(name)).unlink(missing_ok=True)
        self.model.files.pop(key_of(name), None)

    @rule(start=st.integers(0, 1), span=st.integers(0, 1))
    def run(self, start: int, span: int) -> None:
        self._run(start, span, dies=False)

    @rule(start=st.integers(0, 1), span=st.integers(0, 1))
    def run_that_dies(self, start: int, span: int) -> None:
        """Its first commit is made, and the files of that are not recorded."""
        if self.model.policy != "replace":
            self._run(start, span, dies=True)

    def _run(self, start: int, span: int, *, dies: bool) -> None:
        days = day_of(start), day_of(start + span)
        actual, expected = (side.run(*days, dies=dies) for side in (self.library, self.model))
        assert Counter(self.library.bronze) == Counter(self.model.loads)
        if not dies:
            assert actual == expected

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()
