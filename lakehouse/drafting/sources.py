"""Group the files of a folder into sources: one format, one name pattern, the same columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lakehouse.drafting.file_samples import FoundFile, spread
from lakehouse.drafting.inspect_file import inspect
from lakehouse.drafting.merge_folders import merge_folders
from lakehouse.drafting.reading import NotUnderstood, Reading, agree
from lakehouse.drafting.source import Source
from lakehouse.drafting.table_names import distinct_names
from lakehouse.sources.pattern import PathPattern, path_pattern


@dataclass(frozen=True)
class Found:
    """The sources of a folder, and the reason for each file that belongs to none, by its key."""

    sources: tuple[Source, ...]
    left_out: dict[str, str]


def find_sources(files: Sequence[FoundFile], default: str = "files") -> Found:
    """Group the files. ``default`` names a table whose path has no word for it.

    Deterministic: the same files give the same sources.
    """
    left_out: dict[str, str] = {}
    sources: list[Source] = []
    for pattern, members in _by_pattern(files).items():
        sources += _split(pattern, members, left_out)
    merged = merge_folders(sources)
    sound = [source for source in merged if _owns_its_path(source, files, left_out)]
    return Found(tuple(_named(sound, default)), left_out)


def _by_pattern(files: Iterable[FoundFile]) -> dict[str, list[FoundFile]]:
    groups: dict[str, list[FoundFile]] = {}
    for file in files:
        groups.setdefault(file.template.general, []).append(file)
    return groups


def _split(pattern: str, members: Sequence[FoundFile], left_out: dict[str, str]) -> list[Source]:
    """One source for the files of a pattern; one for each dated name where their columns differ."""
    dated: dict[str, list[FoundFile]] = {}
    for file in members:
        dated.setdefault(file.template.dated, []).append(file)
    if len(dated) == 1:
        pattern = _only_pattern(next(iter(dated)), members)
    readings = _read(members, left_out)
    kept = [file for file in members if file.key not in left_out]
    if not readings:
        for file in kept:
            left_out.setdefault(file.key, "like the others of its name pattern")
        return []
    if agree(readings):
        return [Source("", pattern, tuple(kept), tuple(readings))]
    if len(dated) > 1:
        parts = [_split(name, [f for f in group if f.key not in left_out], left_out)
                 for name, group in dated.items()]  # fmt: skip
        return [source for part in parts for source in part]
    return [_most_alike(pattern, kept, left_out)]


def _only_pattern(dated: str, members: Sequence[FoundFile]) -> str:
    """The path for files of one dated name: that of the file itself, where it has no day.

    ``orders.csv`` beside ``orders.csv.gz`` takes a pattern: a path without one is a single file.
    """
    if "{date}" in dated:
        return dated
    head, _, ending = dated.rpartition(".")
    return members[0].key if len(members) == 1 else f"{head}*.{ending}"


def _read(members: Sequence[FoundFile], left_out: dict[str, str]) -> list[Reading]:
    readings: list[Reading] = []
    for file in spread(members):
        result = inspect(file)
        if isinstance(result, NotUnderstood):
            left_out[file.key] = result.reason
        else:
            readings.append(result)
    return readings


def _most_alike(pattern: str, kept: Sequence[FoundFile], left_out: dict[str, str]) -> Source:
    """The files with the most common columns; those that cannot be read with them are left out."""
    inspected = {file: inspect(file) for file in spread(kept)}
    readings = {file: r for file, r in inspected.items() if isinstance(r, Reading)}
    groups = Counter((reading.form, reading.fields) for reading in readings.values())
    common = min(groups, key=lambda group: (-groups[group], group))
    alike: list[Reading] = []
    for file, reading in readings.items():
        if (reading.form, reading.fields) == common and agree([*alike, reading]):
            alike.append(reading)
        else:
            left_out[file.key] = "other columns or options than most files of its name pattern"
    rest = tuple(file for file in kept if file.key not in left_out)
    return Source("", pattern, rest, tuple(alike))


def _owns_its_path(source: Source, files: Sequence[FoundFile], left_out: dict[str, str]) -> bool:
    """Whether the declared path matches the files of the source and no others.

    Files that were not understood may match; a run then names them.
    """
    form = path_pattern(f"{{landing}}/{source.path}", "/landing", source.readings[0].form)
    own = {file.key for file in source.files}
    matched = {file.key for file in files if _is_matched(f"/landing/{file.key}", form)}
    if matched - left_out.keys() == own:
        return True
    for key in own:
        left_out[key] = "no declared path matches its name pattern without matching other files"
    return False


def _is_matched(path: str, form: PathPattern) -> bool:
    """Whether a run lists the file: it is in the folder of the path, and its name matches."""
    is_below = path == form.folder or path.startswith(f"{form.folder}/")
    return is_below and form.match_key(path) is not None


def _named(sources: Sequence[Source], default: str) -> list[Source]:
    """The sources in the order of their paths, with the names of their tables."""
    in_order = sorted(sources, key=lambda source: source.path)
    names = distinct_names([source.path for source in in_order], default)
    return [replace(source, name=name) for source, name in zip(in_order, names, strict=True)]
