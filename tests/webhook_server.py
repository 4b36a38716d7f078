"""A webhook on loopback that records what it is sent and answers as it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Webhook:
    """The messages that came in, with their keys. ``answers`` are the next statuses, then 204;
    ``waits`` is the time before each answer, in seconds."""

    address: str = ""
    answers: list[int] = field(default_factory=list)
    waits: float = 0.0
    slow_headers: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)


@contextmanager
def webhook(path: str = "/services/T0P-SECRET") -> Iterator[Webhook]:
    """A server in a thread, for as long as the block lasts."""
    told = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.messages.append(json.loads(body))
            told.keys.append(self.headers["Idempotency-Key"])
            told.methods.append("POST")
            time.sleep(told.waits)
            self._answer(told.answers.pop(0) if told.answers else 204)

        def do_GET(self) -> None:
            told.methods.append("GET")
            self._answer(200)

        def _answer(self, status: int) -> None:
            try:
                self.send_response(status)
                for number in range(told.slow_headers):
                    self.send_header(f"X-{number}", "slow")
                    self.flush_headers()
                    time.sleep(0.1)
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()
            except OSError:  # the caller has not waited
                pass

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
