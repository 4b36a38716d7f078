"""The touch lists of CONTRIBUTING: adding something takes a module and its registration."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from declared import GOLD, declare

from lakehouse.config.pipeline import load_pipeline
from lakehouse.config.settings import Settings
from lakehouse.config.source_declaration import SOURCES
from lakehouse.config.write_modes import MODES, ModeDeclaration
from lakehouse.ml.candidate_sets import CANDIDATES
from lakehouse.privacy.policy import load_policy
from lakehouse.privacy.treatments.registry import TREATMENTS
from lakehouse.quality.expectations.registry import EXPECTATIONS
from lakehouse.refresh.compile import Compiler
from lakehouse.refresh.write_modes.rebuild import Rebuild
from lakehouse.refresh.write_modes.registry import declared_mode
from lakehouse.sources.formats.registry import FORMATS
from lakehouse.steps import validate
from lakehouse.table_docs.page import table_page

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "lakehouse"
LISTS = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SEAMS = {
    "a kind of source": (SOURCES, "lakehouse/sources"),
    "a format of files": (FORMATS, "lakehouse/sources/formats"),
    "a treatment of personal data": (TREATMENTS, "lakehouse/privacy/treatments"),
    "an expectation that Spark evaluates": (EXPECTATIONS, "lakehouse/quality/expectations"),
    "a set of model candidates": (CANDIDATES, "lakehouse/ml"),
    "a write mode": (MODES, "lakehouse/refresh/write_modes"),
}
ELSEWHERE = {
    # The kinds of past that a point-in-time query reads, which are named like two write modes.
    "lakehouse/sql/point_in_time.py": {"append"},
    # A rule of the table's own suite that makes the built-in one needless.
    "lakehouse/refresh/compile.py": {"expect_column_values_to_not_be_null"},
    # Formats that are no formats of a source.
    "lakehouse/quality/folders.py": set(FORMATS),
    "lakehouse/cli/logs.py": {"json"},
}


def touched(what: str) -> set[str]:
    """The files and folders of the library that the touch list names."""
    (line,) = [line for line in LISTS.splitlines() if line.startswith(f"| {what} |")]
    return {path for path in re.findall(r"`([^`]+)`", line) if path.startswith("lakehouse/")}


def compared_texts(tree: ast.AST) -> Iterator[str]:
    """Every string that is compared, or that is a case of a match."""
    for node in ast.walk(tree):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        for part in parts:
            inner = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
            yield from (
                item.value
                for item in inner
                if isinstance(item, ast.Constant) and isinstance(item.value, str)
            )


@pytest.mark.parametrize("what", SEAMS)
def test_only_a_module_and_its_registration_know_a_name(what: str) -> None:
    registry, room = SEAMS[what]
    names = set(registry)
    assert names
    found: dict[str, set[str]] = {}
    for file in LIBRARY.rglob("*.py"):
        path = file.relative_to(ROOT).as_posix()
        if path.startswith((f"{room}/", "lakehouse/demo/")):
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        texts = set(compared_texts(tree)) & names - ELSEWHERE.get(path, set())
        if texts:
            found[path] = texts
    assert found == {}


@pytest.mark.parametrize("what", SEAMS)
def test_the_list_names_the_package_and_the_registration(what: str) -> None:
    places = touched(what)
    assert any(place.startswith(SEAMS[what][1]) for place in places)
    assert all((ROOT / place).exists() for place in places)


def test_a_package_can_add_what_the_list_says() -> None:
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    groups = re.findall(r"^\| [^|]+ \| `(lakehouse\.\w+)` \|", page, re.M)
    registries = (SOURCES, FORMATS, TREATMENTS, EXPECTATIONS, CANDIDATES)
    assert groups == [registry.group for registry in registries]


class RebuildTwice(Rebuild):
    """A write mode of this test."""

    name = "rebuild_twice"


def test_a_write_mode_is_one_class_and_its_registration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    implementation = f"{__name__}:RebuildTwice"
    mode = ModeDeclaration(
        "rebuild_twice", "gold", implementation, "all of it, twice", needs=("keys", "expectations")
    )
    monkeypatch.setitem(MODES, "rebuild_twice", mode)  # type: ignore[arg-type]
    text = GOLD.replace("replace_keys", "rebuild_twice")
    conf = declare(tmp_path, gold__daily_yml=text)
    with pytest.raises(Exception, match="'expectations' is missing; write: rebuild_twice needs it"):
        validate.run(conf, "shop", env="dev")
    monkeypatch.setitem(MODES, "rebuild_twice", ModeDeclaration(
        "rebuild_twice", "gold", implementation, "all of it, twice"
    ))  # type: ignore[arg-type]  # fmt: skip
    assert validate.run(conf, "shop", env="dev").endswith("no mistakes")
    assert isinstance(declared_mode("rebuild_twice"), RebuildTwice)
    pipeline = load_pipeline(conf, "shop")
    policy = load_policy(conf / "privacy.yml")
    settings = Settings(pipeline="shop", env="dev", conf_dir=conf)
    compiler = Compiler(pipeline, settings, policy, key=None)
    page = table_page(compiler.definition(pipeline.gold["gold.daily"]), pipeline, policy)
    assert "`rebuild_twice`: all of it, twice" in page
