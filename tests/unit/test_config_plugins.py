"""Objects of installed packages are found by name, and errors name the package."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from declared import BRONZE, MODEL, PRIVACY, declare
from distribution import distribution, installed

from lakehouse.config.plugins import Registry
from lakehouse.errors import DeclarationError
from lakehouse.ml.candidate_sets import CANDIDATES
from lakehouse.privacy.policy import load_policy, policy_errors
from lakehouse.privacy.treatments.registry import TREATMENTS
from lakehouse.quality.expectations.registry import EXPECTATIONS
from lakehouse.sources.formats.registry import FORMATS
from lakehouse.steps import validate

ROOT = Path(__file__).parents[2]
LAST = """\
from lakehouse.privacy.treatments.keep import Keep


class Last(Keep):
    word = "last"
"""


@pytest.fixture
def packages(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    with installed(folder):
        yield folder


def treatments(packages: Path, module: str, *, name: str = "acme", word: str = "last") -> None:
    points = {"lakehouse.treatments": {word: f"{name}_treatments:Last"}}
    distribution(packages, points, {f"{name}_treatments.py": module}, name=name)


def test_a_policy_names_the_treatment_of_a_package(packages: Path) -> None:
    treatments(packages, LAST)
    (packages / "privacy.yml").write_text("card: last\nname: drop\n")
    assert [
        treatment.text for treatment in load_policy(packages / "privacy.yml").kinds.values()
    ] == [
        "last",
        "drop",
    ]
    assert list(TREATMENTS)[-1] == "last"


def test_a_package_that_cannot_be_imported_is_named_and_only_where_it_is_used(
    packages: Path,
) -> None:
    treatments(packages, "import no_such_module\n")
    policy = packages / "privacy.yml"
    policy.write_text("name: drop\n")
    assert policy_errors(policy) == []
    policy.write_text("card: last\nname: dropp\n")
    texts = [str(error).split("\n")[0] for error in policy_errors(policy)]
    assert texts == [
        "package acme 1.0: 'last' in lakehouse.treatments cannot be imported from "
        "acme_treatments:Last: ModuleNotFoundError: No module named 'no_such_module'",
        f"{policy}:2: unknown treatment 'dropp' of name; did you mean 'drop'?",
    ]


def test_an_object_of_another_form_is_refused(packages: Path) -> None:
    treatments(packages, "Last = 1\n")
    with pytest.raises(DeclarationError, match=r"package acme 1.0: 'last' .* not a subclass"):
        TREATMENTS.get("last")


def test_the_word_of_an_object_is_its_name(packages: Path) -> None:
    treatments(packages, LAST, word="first")
    with pytest.raises(DeclarationError, match="cannot be used: its word is 'last'"):
        TREATMENTS.get("first")


def test_a_name_of_the_library_is_refused(packages: Path) -> None:
    treatments(packages, LAST, word="drop")
    with pytest.raises(DeclarationError, match=r"'drop' .* has a name that the library uses"):
        TREATMENTS.names()


def test_a_name_of_another_package_is_refused(packages: Path) -> None:
    treatments(packages, LAST)
    treatments(packages, LAST, name="other")
    with pytest.raises(DeclarationError, match=r"'last' .* has a name that \w+ 1.0 gives as well"):
        TREATMENTS.names()


@pytest.mark.parametrize("registry", [EXPECTATIONS, FORMATS, CANDIDATES], ids=lambda r: r.group)
def test_each_registry_looks_at_the_form(packages: Path, registry: Registry[object]) -> None:
    points = {registry.group: {"odd": "acme:odd"}}
    distribution(packages, points, {"acme.py": "odd = 1\n"})
    assert "odd" in registry
    with pytest.raises(
        DeclarationError, match=r"package acme-lakehouse 1.0: 'odd' .* it is not an? "
    ):
        registry.get("odd")


def test_a_kwarg_without_a_form_is_refused(packages: Path) -> None:
    module = (
        "from lakehouse.quality.expectations.expectation import total\n"
        "ODD = total('expect_odd', lambda rule, schema: None, 'column', 'oddity')\n"
    )
    points = {"lakehouse.expectations": {"expect_odd": "acme:ODD"}}
    distribution(packages, points, {"acme.py": module})
    with pytest.raises(DeclarationError, match="it gives no form for its kwarg 'oddity'"):
        EXPECTATIONS.get("expect_odd")


def test_a_source_without_a_declaration_is_refused(packages: Path, tmp_path: Path) -> None:
    points = {"lakehouse.sources": {"odd": "acme:odd"}}
    distribution(packages, points, {"acme.py": "odd = 1\n"})
    bronze = BRONZE.replace('{kind: files, format: json, path: "{landing}/sales/{date}"}',
                            "{kind: odd}")  # fmt: skip
    conf = declare(tmp_path, bronze__sales_yml=bronze)
    with pytest.raises(DeclarationError, match=r"'odd' in .* cannot be used: its `decl"):
        validate.run(conf, "shop", env="dev")


ROWS = """\
from lakehouse.config.source_declaration import SourceDeclaration
from lakehouse.sources.source import RowSource


class Declaration(SourceDeclaration):
    address: str


class Rows(RowSource):
    kind, declaration = "rows", Declaration

    def describe(self, table):
        return table.source.address

    def newest(self, request):
        return None

    def rows(self, request, after, until):
        raise NotImplementedError


ROWS = Rows()
"""


def test_the_declaration_of_a_package_s_source_is_checked(packages: Path, tmp_path: Path) -> None:
    points = {"lakehouse.sources": {"rows": "acme:ROWS"}, "lakehouse.candidates": {"own": "acme:f"}}
    distribution(packages, points, {"acme.py": ROWS + "f = list\n"})
    source = '{kind: files, format: json, path: "{landing}/sales/{date}"}'
    bronze = BRONZE.replace(source, "{kind: rows, adress: here}\nmax_rescued: 0.1")
    conf = declare(tmp_path, bronze__sales_yml=bronze, model_yml=MODEL + "candidates: own\n")
    with pytest.raises(DeclarationError) as raised:
        validate.run(conf, "shop", env="dev")
    assert "sales.yml:3: unknown key 'adress'; did you mean 'address'?" in str(raised.value)
    file = conf / "pipelines" / "shop" / "bronze" / "sales.yml"
    file.write_text(bronze.replace("adress", "address"))
    with pytest.raises(DeclarationError, match=r"sales\.yml:4: max_rescued has no meaning"):
        validate.run(conf, "shop", env="dev")
    file.write_text(bronze.replace("adress", "address").replace("max_rescued: 0.1", ""))
    assert validate.run(conf, "shop", env="dev").endswith("no mistakes")


def test_validate_reads_a_package_without_spark(packages: Path, tmp_path: Path) -> None:
    treatments(packages, LAST)
    conf = declare(tmp_path)
    (conf / "privacy.yml").write_text(PRIVACY.replace("person_name: drop", "person_name: last"))
    code = (
        "import sys; from lakehouse.cli.main import main;"
        f"code = main(['validate', '--pipeline', 'shop', '--conf-dir', {str(conf)!r}]);"
        "print('acme_treatments' in sys.modules, 'pyspark' in sys.modules, code)"
    )
    path = os.pathsep.join([str(packages), str(ROOT)])
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    assert run.stdout.splitlines()[-1] == "True False 0"
