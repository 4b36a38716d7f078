"""Candidates are found where model.yml says, and errors name the file and a hint."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from lakehouse.errors import DeclarationError
from lakehouse.ml.columns import Columns, as_features, columns_of
from lakehouse.ml.declared_candidates import load_candidates

COLUMNS = Columns(("spent",), ("segment",))
BESIDE = """
from lakehouse.ml.candidates import linear

def candidates(numeric, categorical):
    return {"linear": linear(numeric, categorical)}

def wrong(numeric, categorical):
    return {"linear": 1}
"""


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    (tmp_path / "candidates.py").write_text(BESIDE)
    file = tmp_path / "model.yml"
    file.write_text("model: churn\ncandidates: x\n")
    return file


def test_the_standard_goes_from_simple_to_complex(model_file: Path) -> None:
    found = load_candidates("lakehouse.ml.candidates:standard", COLUMNS, file=model_file)
    assert list(found) == ["dummy", "linear", "boosted"]
    assert list(load_candidates("standard", COLUMNS, file=model_file)) == list(found)


def test_a_file_beside_the_model_gets_a_dummy_to_compare_with(model_file: Path) -> None:
    found = load_candidates("candidates.py:candidates", COLUMNS, file=model_file)
    assert list(found) == ["dummy", "linear"]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("candidates.py", "invalid candidates"),
        ("other.py:candidates", "no file other.py beside model.yml"),
        ("../candidates.py:candidates", "no file ../candidates.py"),
        ("candidates.py:candidate", "did you mean 'candidates'"),
        ("candidates.py:wrong", "'linear' of candidates.py:wrong is a int"),
        ("no_such_package.module:standard", "cannot import no_such_package.module"),
    ],
)
def test_a_mistake_names_the_line(model_file: Path, declared: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=message) as raised:
        load_candidates(declared, COLUMNS, file=model_file)
    assert str(raised.value.where).endswith("model.yml:2")


def test_numbers_of_any_type_become_doubles_and_null_is_nan() -> None:
    from decimal import Decimal

    frame = pd.DataFrame(
        {
            "orders": pd.array([1, None], dtype="Int64"),
            "spent": [Decimal("1.50"), None],
            "is_member": [True, None],
            "never": [None, None],
            "segment": ["a", None],
        }
    )
    columns = columns_of(frame, frame.columns, where="model.yml")
    assert columns == Columns(("is_member", "never", "orders", "spent"), ("segment",))
    nan = float("nan")
    expected = pd.DataFrame(
        {
            "is_member": [1.0, nan],
            "never": [nan, nan],
            "orders": [1.0, nan],
            "spent": [1.5, nan],
            "segment": pd.Series(["a", nan], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(as_features(frame, columns), expected)


def test_a_date_is_no_feature() -> None:
    frame = pd.DataFrame({"joined": [pd.Timestamp("2026-01-01").date()]})
    with pytest.raises(DeclarationError, match="the feature 'joined' is a date column"):
        columns_of(frame, ["joined"], where="model.yml")


def test_a_feature_that_is_not_there_is_named() -> None:
    with pytest.raises(DeclarationError, match="no feature column 'spend'"):
        columns_of(pd.DataFrame({"spent": [1]}), ["spend"], where="model.yml")
