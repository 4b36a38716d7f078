"""The wheel holds the library and nothing else, and declares what its modules import."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from zipfile import ZipFile

import pytest
from installed import ROOT, build_wheel
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DATA = {
    "lakehouse/py.typed",
    "lakehouse/reporting/report.css",
    "lakehouse/reporting/report.html.j2",
    "lakehouse/storage/spark_conf/log4j2.properties",
    "lakehouse/storage/spark_conf/s3/ConditionalLogStore.java",
    "lakehouse/storage/spark_conf/spark-defaults.conf",
    "lakehouse/storage/spark_conf/spark-env.sh",
}
"""What the wheel holds beside modules."""
PARTS = {"pydantic_core": "pydantic"}
"""Packages that are the other half of one that is declared."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    with ZipFile(build_wheel(tmp_path_factory.mktemp("dist"))) as opened:
        yield opened


def test_the_wheel_holds_the_library_without_the_demo(wheel: ZipFile) -> None:
    files = {name for name in wheel.namelist() if ".dist-info/" not in name}
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lakehouse").rglob("*.py")
        if "demo" not in path.parts
    }
    assert files == modules | DATA


def test_the_wheel_is_small(wheel: ZipFile) -> None:
    assert sum(file.compress_size for file in wheel.infolist()) < 800_000


def test_the_wheel_includes_the_spark_defaults_of_conf(wheel: ZipFile) -> None:
    for name in ("spark-defaults.conf", "spark-env.sh", "log4j2.properties"):
        shipped = wheel.read(f"lakehouse/storage/spark_conf/{name}")
        assert shipped == (ROOT / "conf" / "spark" / name).read_bytes()


def test_every_import_of_the_wheel_is_a_declared_dependency(wheel: ZipFile) -> None:
    declared = {canonicalize_name(Requirement(text).name) for text in _declared()}
    distributions = metadata.packages_distributions()
    undeclared = {
        f"{file}: {package}"
        for file, package in _imports(wheel)
        if not declared & {canonicalize_name(name) for name in distributions.get(package, ())}
    }
    assert undeclared == set()


def _declared() -> list[str]:
    return [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["spark"]]


def _imports(wheel: ZipFile) -> Iterator[tuple[str, str]]:
    """Each module with the packages that it imports, anywhere in its text."""
    ours = {"lakehouse", *sys.stdlib_module_names}
    for file in wheel.namelist():
        if file.endswith(".py"):
            tree = ast.parse(wheel.read(file))
            optional = {id(part) for guard in _guards(tree) for part in ast.walk(guard)}
            for node in ast.walk(tree):
                for package in () if id(node) in optional else _packages(node):
                    if package not in ours:
                        yield file, PARTS.get(package, package)


def _guards(tree: ast.AST) -> Iterator[ast.Try]:
    """``try`` blocks that handle a failed import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            names = {ast.unparse(handler.type) for handler in node.handlers if handler.type}
            if names & {"ImportError", "ModuleNotFoundError"}:
                yield node


def _packages(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0]
