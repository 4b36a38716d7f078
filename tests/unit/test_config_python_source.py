"""Python transformations that do the same have the same fingerprint."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakehouse.config.python_source import logic_of_python, parse_python
from lakehouse.errors import DeclarationError

BASE = '''\
"""Shape of a table."""
from pyspark.sql import functions as F

def transform(inputs, *, date):
    """Grain: one row."""
    return inputs["bronze.x"].where(F.col("a") > 1)
'''


def fingerprint(folder: Path, text: str, **others: str) -> str:
    file = folder / "silver" / "x.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    for name, other in others.items():
        place = folder.joinpath(*name.split("__")).with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(other, encoding="utf-8")
    return logic_of_python(file, folder)


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace('"""Shape of a table."""', '"""Another word."""'),
        BASE.replace('"""Shape of a table."""\n', ""),
        BASE.replace('    """Grain: one row."""\n', "    # why\n"),
        BASE.replace("\n\n", "\n\n\n# A comment\n"),
        BASE.replace('inputs["bronze.x"]', "inputs['bronze.x']"),
        BASE.replace('where(F.col("a") > 1)', 'where(\n        (F.col("a") > 1)\n    )'),
    ],
)
def test_comments_docstrings_and_white_space_do_not_change_the_fingerprint(
    tmp_path: Path, text: str
) -> None:
    assert fingerprint(tmp_path, text) == fingerprint(tmp_path, BASE)


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("> 1", "> 2"),
        BASE.replace("> 1", "> 1.0"),
        BASE.replace('"a"', '"A"'),
        BASE.replace('    """Grain: one row."""\n', '    inputs = {"bronze.x": None}\n'),
        BASE + "LIMIT = 3\n",
        BASE.replace("transform(", "shape("),
    ],
)
def test_any_other_change_changes_the_fingerprint(tmp_path: Path, text: str) -> None:
    assert fingerprint(tmp_path, text) != fingerprint(tmp_path, BASE)


@pytest.mark.parametrize(
    "line",
    [
        "from . import words\n",
        "from .words import FREE\n",
        "import words\n",
        "from words import FREE\n",
        "from silver.words import FREE\n",
        "from ..silver import words\n",
    ],
)
def test_a_module_of_the_pipeline_counts(tmp_path: Path, line: str) -> None:
    before = fingerprint(tmp_path, line + BASE, silver__words="FREE = 1\n")
    assert fingerprint(tmp_path, line + BASE, silver__words="FREE = 1  # more\n") == before
    assert fingerprint(tmp_path, line + BASE, silver__words="FREE = 2\n") != before


def test_a_module_that_a_module_imports_counts(tmp_path: Path) -> None:
    words = {"silver__words": "from ..shared import lists\nimport x\n"}
    text = "from . import words\n" + BASE
    before = fingerprint(tmp_path, text, **words, shared__lists="A = 1\n")
    assert fingerprint(tmp_path, text, **words, shared__lists="A = 2\n") != before


def test_a_module_that_is_not_imported_does_not_count(tmp_path: Path) -> None:
    before = fingerprint(tmp_path, BASE, silver__words="FREE = 1\n")
    assert fingerprint(tmp_path, BASE, silver__words="FREE = 2\n") == before


def test_a_package_counts_with_its_init(tmp_path: Path) -> None:
    text = "from .words.free import LIST\n" + BASE
    others = {"silver__words__free": "LIST = 1\n"}
    before = fingerprint(tmp_path, text, **others, silver__words____init__="")
    assert before == fingerprint(tmp_path, text, **others, silver__words____init__="# nothing\n")
    assert before != fingerprint(tmp_path, text, silver__words__free="LIST = 2\n")


def test_invalid_python_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("a = 1\ndef transform(:\n", encoding="utf-8")
    with pytest.raises(DeclarationError) as caught:
        parse_python(file)
    assert caught.value.where == f"{file}:2"
