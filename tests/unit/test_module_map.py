"""The module map of CONTRIBUTING names every package, in the order of the import contract."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = TEXT.partition("## Module map")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| `([^`]+)` \|$", MAP, flags=re.M)


def layers() -> list[str]:
    """The packages and modules directly below ``lakehouse``, from the top down."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (order,) = [contract for contract in contracts if contract["type"] == "layers"]
    return [name for layer in order["layers"] for name in re.findall(r"\w+", layer)]


def test_each_package_has_a_row() -> None:
    packages = {
        f"{file.parent.relative_to(ROOT)}/"
        for file in (ROOT / "lakehouse").rglob("__init__.py")
        if file.parent.name != "lakehouse"
    }
    named = [place for place, _, _ in ROWS]
    assert sorted(place for place in named if place.endswith("/")) == sorted(packages)


def test_the_map_is_in_the_order_of_the_import_contract() -> None:
    places = [
        place.removeprefix("lakehouse/").split("/")[0].removesuffix(".py") for place, *_ in ROWS
    ]
    there = [name for name in layers() if name in places]
    assert list(dict.fromkeys(places)) == there


def test_each_row_names_a_file_of_its_package_to_start_at() -> None:
    for place, _, start in ROWS:
        assert start.startswith(place)
        assert (ROOT / start).is_file(), start
