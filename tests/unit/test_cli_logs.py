"""The formats of the log, and which loggers it configures."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from lakehouse.cli.logs import LIBRARY, configure_logging


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    logger = logging.getLogger(LIBRARY)
    before = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.level, logger.propagate = before


def fail(value: str) -> None:
    raise ValueError(f"cannot cast {value}")


def test_a_line_of_json_for_each_record(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    logger = logging.getLogger("lakehouse.refresh.refresh")
    logger.debug("not asked for")
    logger.info("%s: two\nlines, “quoted”", "silver.a")
    try:
        fail("planted")
    except ValueError:
        logger.exception("failed")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first.pop("time")).utcoffset() is not None
    assert first == {
        "level": "info",
        "logger": "lakehouse.refresh.refresh",
        "message": "silver.a: two\nlines, “quoted”",
    }
    assert (second["message"], second["exception"]) == ("failed", "ValueError")


def test_an_exception_is_its_kind_in_text_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("error", "text")
    logger = logging.getLogger("lakehouse.x")
    try:
        fail("planted")
    except ValueError:
        logger.exception("failed")
    said = capsys.readouterr().err
    assert said.endswith("lakehouse.x: failed\nValueError\n")
    assert "planted" not in said


def test_loggers_of_other_libraries_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    before = logging.getLogger("py4j").getEffectiveLevel()
    configure_logging("debug", "text")
    configure_logging("debug", "text")
    assert logging.getLogger("py4j").getEffectiveLevel() == before
    logging.getLogger("lakehouse.x").warning("once")
    assert capsys.readouterr().err.count("once") == 1
