"""An unexpected error becomes one that names the table and holds no value."""

from __future__ import annotations

import errno
import os

import pytest
from delta.exceptions import ConcurrentAppendException

from lakehouse.errors import GateFailed, RunFailed
from lakehouse.storage.failures import describe, failures_of, is_conflict


def test_the_reason_of_the_operating_system_is_told() -> None:
    problem = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/secret")
    with pytest.raises(RunFailed) as error, failures_of("ops.runs"):
        raise problem
    assert error.value.where == "ops.runs"
    assert error.value.message == "reading or writing failed: No space left on device"
    assert error.value.__cause__ is problem


def test_the_text_of_another_error_is_not_told() -> None:
    with pytest.raises(RunFailed) as error, failures_of("ops.runs"):
        raise KeyError("a value")
    assert "a value" not in str(error.value)
    assert "KeyError" in error.value.message


def test_a_conflict_is_known_by_its_condition_in_java() -> None:
    text = "An error occurred.\n: io.delta.exceptions.{}: [{}] of [A_CELL]\n\tat a"
    conflict = RuntimeError(text.format("ConcurrentAppendException", "DELTA_CONCURRENT_APPEND"))
    assert describe(conflict) == "DELTA_CONCURRENT_APPEND"
    assert is_conflict(conflict)
    other = RuntimeError("a cell: [DELTA_CONCURRENT_APPEND]")
    assert describe(other) == "RuntimeError"
    assert not is_conflict(other)


def test_an_error_of_the_library_stays_as_it_is() -> None:
    with pytest.raises(GateFailed, match="a gate"), failures_of("ops.runs"):
        raise GateFailed("a gate")


def test_a_conflict_of_delta_s_own_class_is_one() -> None:
    text = "[DELTA_CONCURRENT_APPEND.WITHOUT_HINT] Transaction conflict detected."
    assert is_conflict(ConcurrentAppendException(text))
    assert not is_conflict(ValueError("a text with [DELTA_CONCURRENT_APPEND] in it"))
