"""Post a message to a webhook, within seconds, and say what became of it. Nothing is raised."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

SECONDS = 5.0
"""The time that a try may take, from the connection to the status line."""
PAUSES = (1.0, 2.0)
"""The pause after each failed try but the last, in seconds."""
_BUSY = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Delivery:
    """The tries that were made, and what went wrong in the last one; empty where the webhook
    accepted the message."""

    tries: int
    problem: str = ""


@dataclass(frozen=True)
class _Answer:
    problem: str = ""
    try_again: bool = False


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would become a GET, and lose the message."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Refuse, so that the status is a failure."""


def post(
    address: str,
    message: Mapping[str, Any],
    *,
    key: str,
    seconds: float = SECONDS,
    pauses: Sequence[float] = PAUSES,
) -> Delivery:
    """POST ``message`` as JSON, with ``key`` as its ``Idempotency-Key``.

    A webhook that does not answer, is busy or answers with 5xx is tried again after each of
    ``pauses``; any other refusal is final. Problems are described without the address, which may
    be a secret, and without the answer's text.
    """
    body = json.dumps(message, allow_nan=False).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    tries, waits = 0, iter(pauses)
    while True:
        tries += 1
        answer = _within(seconds, partial(_send, address, body, headers, seconds))
        pause = next(waits, None) if answer.try_again else None
        if pause is None:
            return Delivery(tries, answer.problem)
        time.sleep(pause)


def _send(address: str, body: bytes, headers: dict[str, str], seconds: float) -> _Answer:
    try:
        request = Request(address, body, headers, method="POST")  # noqa: S310 (it is HTTP)
        with build_opener(_NoRedirect).open(request, timeout=seconds):
            return _Answer()
    except HTTPError as error:
        error.close()
        return _Answer(f"it answered {error.code}", error.code >= 500 or error.code in _BUSY)
    except TimeoutError:
        return _Answer(f"no answer within {seconds:g} s", try_again=True)
    except URLError as error:
        is_late = isinstance(error.reason, TimeoutError)
        words = f"no answer within {seconds:g} s" if is_late else "it cannot be reached"
        return _Answer(f"{words} ({type(error.reason).__name__})", try_again=True)
    except (OSError, HTTPException, ValueError) as error:
        return _Answer(f"it cannot be reached ({type(error).__name__})", try_again=True)


def _within(seconds: float, call: Callable[[], _Answer]) -> _Answer:
    """The answer, or that there was none in time: the time-out of a socket is for each read alone,
    and a slow server can make many of them."""
    answers: SimpleQueue[_Answer] = SimpleQueue()
    Thread(target=lambda: answers.put(call()), daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return _Answer(f"no answer within {seconds:g} s", try_again=True)
