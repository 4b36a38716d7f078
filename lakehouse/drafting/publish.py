"""Write a draft: checked first, then all of it or nothing, and never over what is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lakehouse.config.yaml_file import shown
from lakehouse.drafting.draft import Draft
from lakehouse.errors import DeclarationError, RunFailed, UsageError
from lakehouse.steps import validate
from lakehouse.table_docs.schemas import schema_texts


def refuse_existing(conf_dir: Path, name: str) -> None:
    """Raise UsageError where the pipeline, or its folder of suites, exists."""
    for place in _places(conf_dir, name):
        if place.exists():
            raise UsageError(
                f"{shown(place)} exists, and init writes over nothing",
                where=f"lakehouse init {name}",
                hint="choose another name, or remove the folder first",
            )


def publish(draft: Draft, conf_dir: Path, *, env: str) -> None:
    """Write the declarations and the suites, and the JSON Schemas where there are none.

    They are written beside their place and validated there, then renamed. Raises UsageError where
    the pipeline exists, RunFailed for a draft that is not valid, of which nothing is written.
    """
    refuse_existing(conf_dir, draft.name)
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=conf_dir) as folder:
        staged = Path(folder) / "conf"
        shutil.copytree(conf_dir, staged, ignore=_only_settings)
        _write(Path(folder) / "conf" / "pipelines" / draft.name, draft.declarations())
        _write(Path(folder) / "expectations" / draft.name, draft.suites())
        _check(draft, staged, env)
        if not (conf_dir / "schemas").exists():
            _write(staged / "schemas", schema_texts())
            (staged / "schemas").rename(conf_dir / "schemas")
        _move(Path(folder), conf_dir, draft.name)


def _places(conf_dir: Path, name: str) -> tuple[Path, Path]:
    """The folder of the pipeline and that of its suites."""
    return conf_dir / "pipelines" / name, conf_dir.parent / "expectations" / name


def _only_settings(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not name.endswith(".yml")]


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _check(draft: Draft, staged: Path, env: str) -> None:
    try:
        validate.run(staged, draft.name, env=env)
    except DeclarationError as mistakes:
        raise RunFailed(
            "the draft is not valid, so nothing was written; please report this",
            where=f"lakehouse init {draft.name}",
            hint=str(mistakes).replace(f"{shown(staged)}/", ""),
        ) from None


def _move(staged: Path, conf_dir: Path, name: str) -> None:
    """Move the suites first: a pipeline without its suites would be invalid."""
    pipeline, suites = _places(conf_dir, name)
    for place in (pipeline, suites):
        place.parent.mkdir(parents=True, exist_ok=True)
    (staged / "expectations" / name).rename(suites)
    try:
        (staged / "conf" / "pipelines" / name).rename(pipeline)
    except OSError:
        shutil.rmtree(suites)
        raise
