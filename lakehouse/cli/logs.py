"""The library's log on stderr, as text or, for clusters, as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

LIBRARY = "lakehouse"


class TextFormatter(logging.Formatter):
    """``21:04:05 INFO    lakehouse.refresh.refresh: …``. Of an exception only the class is logged,
    since its message may hold values of rows."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802
        """The class of the exception."""
        return str(ei[0].__name__) if ei[0] else ""


class JsonFormatter(TextFormatter):
    """One JSON object per line: ``time`` (UTC), ``level``, ``logger``, ``message``."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class StandardError(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to the current ``sys.stderr``, which the console replaces while it draws a bar."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> object:
        """The current ``sys.stderr``."""
        return sys.stderr


def configure_logging(level: str, log_format: str) -> None:
    """Configure the library's own logger. Other loggers are unchanged: those of Spark and py4j
    print values of rows."""
    handler = StandardError()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logger = logging.getLogger(LIBRARY)
    logger.handlers = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
