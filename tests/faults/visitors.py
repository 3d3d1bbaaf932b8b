"""People and scripts who ask all the time: reads, and writes that carry a key. Each keeps a connection, as browsers do."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from app.core.ids import new_ulid
from tests.site import wait_for
from tests.world import SAME_ORIGIN

PATHS = ("/orders", "/", "/api/orders?limit=20", "/inventory", "/api/inventory?limit=20")
PATIENCE_S = 60
PACE_S = 0.02  # a loop without a pause would measure this process


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: 0 when nothing did.
        began: On the monotonic clock.
    """

    what: str
    status: int
    began: float
    took_s: float
    body: bytes = b""
    key: str = ""
    sent: dict[str, Any] | None = None

    @property
    def ended(self) -> float:
        """When it came, on the monotonic clock."""
        return self.began + self.took_s


@dataclass
class Visitors:
    """Threads that ask until they are told to stop.

    Attributes:
        answers: Everything that came back, in order of its end.
    """

    url: str
    cookie: str
    skus: list[str]
    answers: list[Answer] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def read(self, paths: tuple[str, ...]) -> None:
        """Ask for one path after another."""
        line = Line(self.url, self.cookie)
        for number in count():
            if self.over.is_set():
                return
            self.answers.append(line.ask("GET", paths[number % len(paths)]))
            self.over.wait(PACE_S)

    def write(self, sku: str) -> None:
        """Place an order and correct a stock, in turn, each with a key of its own."""
        line = Line(self.url, self.cookie)
        order = {"customer": {"name": "Iris Vale"}, "currency": "GBP", "lines": [{"sku": sku, "quantity": 1}]}
        for number in count():
            if self.over.is_set():
                return
            if number % 2:
                self.answers.append(
                    line.ask("POST", f"/api/inventory/{sku}/adjustments", {"delta": 1, "reason": "other"})
                )
            else:
                self.answers.append(line.ask("POST", "/api/orders", order))
            self.over.wait(PACE_S)

    @contextmanager
    def calling(self, readers: int = 3, paths: tuple[str, ...] = PATHS) -> Iterator["Visitors"]:
        """Ask inside the block."""
        threads = [
            threading.Thread(target=self.read, args=(paths[n % len(paths) :] + paths[: n % len(paths)],))
            for n in range(readers)
        ]
        threads += [threading.Thread(target=self.write, args=(sku,)) for sku in self.skus]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.over.set()
            for thread in threads:
                thread.join(PATIENCE_S * 2)

    def wait_for_more(self, more: int, limit_s: float = 60) -> None:
        """Wait for so many answers."""
        goal = len(self.answers) + more
        wait_for(lambda: len(self.answers) >= goal, limit_s=limit_s, say=self.told)

    def of(self, method: str) -> list[Answer]:
        """Return the answers to one method."""
        return [one for one in self.answers if one.what.startswith(method)]

    def send_again(self) -> list[Answer]:
        """Send each write that failed once more with its key, as whoever sent it would; return the answers."""
        line = Line(self.url, self.cookie)
        failed = [one for one in self.of("POST") if one.status != 201]
        return [line.ask("POST", one.what.removeprefix("POST "), one.sent, one.key) for one in failed]

    def failed(self, method: str) -> list[str]:
        """Return what failed, in words."""
        good = {"GET": {200}, "POST": {201}}[method]
        return [
            f"{one.what} {one.status} after {one.took_s:.2f} s {one.body[:300].decode(errors='replace')}"
            for one in self.of(method)
            if one.status not in good
        ]

    def slowest_s(self, method: str = "") -> float:
        """Return how long the slowest answer took."""
        return max((one.took_s for one in self.of(method)), default=0.0)

    def told(self) -> str:
        """Return the answers by what was asked and what came, for a failure's message."""
        return str(Counter((one.what, one.status) for one in self.answers))


class Line:
    """One caller's connection; a broken one is made anew for the next request, never for the same."""

    def __init__(self, url: str, cookie: str) -> None:
        self.place, self.cookie = urlsplit(url).netloc, cookie
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> Answer:
        """Send one request and return its answer, whatever it is."""
        key = key or (new_ulid() if method == "POST" else "")
        headers = {"Cookie": self.cookie, **SAME_ORIGIN} | ({"Idempotency-Key": key} if key else {})
        if body is not None:
            headers["Content-Type"] = "application/json"
        began = time.monotonic()
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.place, timeout=PATIENCE_S)
            self.connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self.connection.getresponse()
            return Answer(f"{method} {path}", answer.status, began, time.monotonic() - began, answer.read(), key, body)
        except (OSError, http.client.HTTPException) as error:
            self.connection = None
            return Answer(f"{method} {path}", 0, began, time.monotonic() - began, repr(error).encode(), key, body)
