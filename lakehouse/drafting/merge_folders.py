"""Sources of one folder that one declaration reads."""

from __future__ import annotations

from collections.abc import Sequence

from lakehouse.drafting.reading import agree
from lakehouse.drafting.source import Source
from lakehouse.drafting.table_names import is_generic
from lakehouse.sources.formats.registry import format_of


def merge_folders(sources: Sequence[Source]) -> list[Source]:
    """Sources that lie in one folder and have the same columns become one."""
    groups: dict[tuple[str, str, str], list[Source]] = {}
    for source in sources:
        folder, _, name = source.path.rpartition("/")
        place = (folder, source.readings[0].form, name.rpartition(".")[2])
        groups.setdefault(place, []).append(source)
    merged: list[Source] = []
    for (folder, form, ending), group in groups.items():
        path = _folder_path(folder, form, ending, group)
        if path is None:
            merged += group
        else:
            files = tuple(sorted(file for source in group for file in source.files))
            readings = tuple(reading for source in group for reading in source.readings)
            merged.append(Source("", path, files, readings))
    return merged


def _folder_path(folder: str, form: str, ending: str, group: Sequence[Source]) -> str | None:
    """The path of all files of a folder; None where they are not one source.

    The folder of a day is the path itself, so that a further part of a day is read too. Elsewhere
    files of any name are one source only if their columns are the same.
    """
    readings = [reading for source in group for reading in source.readings]
    names = [source.path.rpartition("/")[2] for source in group]
    if any("{date}" in name for name in names) or not agree(readings):
        return None
    if "{date}" in folder and ending in format_of(form).extensions:
        return folder if len(group) > 1 or is_generic(names[0]) else None
    if len(group) > 1 and len({reading.fields for reading in readings}) == 1:
        return f"{folder}/*.{ending}" if folder else f"*.{ending}"
    return None
