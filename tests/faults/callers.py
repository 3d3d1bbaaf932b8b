"""People who ask pages at a steady rate, whatever becomes of the servers, and write down what they were answered."""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.faults.figures import Figures
from tests.site import wait_for

PATHS = ("/api/user", "/settings", "/api/user", "/api/user")
THREADS = 24


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        status: 0 when there was none.
        took_s: From when it was due to be asked, so that a queue in front of a slow server shows.
        cookies: The Set-Cookie headers.
    """

    path: str
    status: int
    took_s: float
    cookies: tuple[str, ...] = ()
    body: bytes = field(default=b"", repr=False)

    @property
    def is_signed_out(self) -> bool:
        """Whether somebody who was signed in is not any more."""
        return self.status in {303, 401} or any(cookie.startswith("qd=;") for cookie in self.cookies)


class Browser:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc
        self.connection = HTTPConnection(self.address, timeout=60)

    def ask(
        self,
        method: str,
        path: str,
        cookie: str,
        body: str | None = None,
        *,
        due: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request as somebody's browser does."""
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", **(headers or {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        begun = due or time.monotonic()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            read = answer.read()
        except (OSError, HTTPException):
            self.connection.close()
            return Answer(path, 0, time.monotonic() - begun)
        cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
        return Answer(path, answer.status, time.monotonic() - begun, cookies, read)


class Callers:
    """Asks so many pages a second, everybody in turn, until the block ends.

    Args:
        cookies: Who asks: a Cookie header each.
    """

    def __init__(self, url: str, cookies: Sequence[str], *, rate: float, paths: Sequence[str] = PATHS) -> None:
        self.url, self.cookies, self.rate, self.paths = url, cookies, rate, paths
        self.answers: list[Answer] = []
        self._next, self._lock, self._over = 0, threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def go_on_for(self, seconds: float) -> None:
        """Let them ask on for so long; longer on a machine that is behind."""
        until = len(self.answers) + seconds * self.rate
        wait_for(lambda: len(self.answers) >= until, limit_s=seconds * 5 + 60, say=self.told)

    def told(self) -> str:
        """Return what they were answered, counted."""
        return str(Counter((answer.path, answer.status) for answer in self.answers))

    def report(self, figures: Figures, harm: str, **must: str) -> None:
        """Tell the figures of one harm, and fail for whoever was signed out or saw an error."""
        failed = [answer for answer in self.answers if answer.status == 0 or answer.status >= 500]
        out = [answer for answer in self.answers if answer.is_signed_out]
        times = sorted(answer.took_s * 1000 for answer in self.answers)
        figures.say(f"{harm}: requests", len(self.answers))
        figures.say(f"{harm}: signed out", len(out), "0")
        figures.say(f"{harm}: 5xx or no answer", len(failed), "0")
        figures.say(f"{harm}: p99", round(statistics.quantiles(times, n=100)[98], 1), must.get("p99", "< 300 ms"))
        figures.say(f"{harm}: worst", round(times[-1], 1), must.get("worst", ""))
        assert (out, failed) == ([], []), self.told()

    def _run(self) -> None:
        browser = Browser(self.url)
        while not self._over.is_set():
            with self._lock:
                number, self._next = self._next, self._next + 1
            due = self._started + number / self.rate
            if self._over.wait(max(due - time.monotonic(), 0)):
                break
            cookie, path = self.cookies[number % len(self.cookies)], self.paths[number % len(self.paths)]
            self.answers.append(browser.ask("GET", path, cookie, due=due))
        browser.connection.close()


def at_once(work: Sequence[Any], threads: int) -> list[Any]:  # Any: functions without arguments, and their answers
    """Do all of it by so many threads; return what came of it, in order."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        return [one.result() for one in [pool.submit(act) for act in work]]
