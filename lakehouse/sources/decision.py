"""The decision about the files of one refresh: which to load, and what to record of the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from lakehouse.sources.file_record import FileRecord
from lakehouse.sources.listing import SourceFile


@dataclass
class Decision:
    """What to do with the listed files.

    ``load``: the files to read, in the order of the listing. ``new_versions``: keys of those that
    bronze may hold already. ``replaces``: keys of those whose earlier rows, if bronze has any,
    leave current results. ``rejected``: changed since they were loaded and not reported
    before; the run ends with exit code 1. ``unreadable``: reason by key for names that cannot be
    read. ``updates``: records to write whether or not the load succeeds. ``content_hashes``: those
    computed here, by key, for the records of what is loaded.
    """

    load: list[SourceFile] = field(default_factory=list)
    new_versions: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    rejected: list[SourceFile] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    updates: list[FileRecord] = field(default_factory=list)
    content_hashes: dict[str, str] = field(default_factory=dict)
