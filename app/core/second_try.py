"""A request that met the end of its database's connection is served again as soon as the database is back.

It is repeated whole and from the beginning: what it did so far is thrown away, and nobody has seen any of it. A read
changes nothing; a small write that carries a key acts once, however often it is served (idempotency.py), as when nginx
sends it to another process. What else writes is told to come again.
"""

import threading
import time
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from flask import Flask, request

from app.core import pulse

HELD = "quarterdeck.held"
READS = {"GET", "HEAD"}
SOCKETS = "/socket.io/"
FORM, FORM_KEY, MOST_BYTES = "application/x-www-form-urlencoded", b"idempotency_key=", 64_000
TIME_S = 2.5  # of one request, for waiting; a person waits three seconds at most
PAUSE_S = 0.1
Environ = dict[str, Any]  # Any: PEP 3333


class Held:
    """An answer that may still be thrown away.

    Attributes:
        is_lost: The database was lost meanwhile and there is time: the next answer is awaited instead.
        until: When time is up, on the monotonic clock.
    """

    def __init__(self, until: float) -> None:
        self.is_lost, self.until = False, until
        self.begun: tuple[Any, ...] = ()  # Any: as above

    def begin(self, *given: Any) -> Any:  # Any: as above
        """Take status and headers, as `start_response` does."""
        self.begun = given


class SecondTry:
    """WSGI around Flask: gives every request its time, and reads a second try."""

    def __init__(self, app: Flask) -> None:
        self._next = app.wsgi_app

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:  # Any: as above
        """Serve one request."""
        if environ.get("PATH_INFO", "").startswith(SOCKETS):
            return self._next(environ, start_response)
        until = time.monotonic() + TIME_S
        pulse.begin_request(until)
        try:
            return self._serve(environ, start_response, until)
        finally:
            pulse.begin_request(None)  # what is streamed from now on, or asked on this thread, has time of its own

    def _serve(self, environ: Environ, start_response: Any, until: float) -> Iterable[bytes]:  # Any: as above
        if not is_repeatable(environ):
            return self._next(environ, start_response)
        body: BytesIO = environ["wsgi.input"]
        while True:
            held = Held(until)
            answer = self._next({**environ, HELD: held}, held.begin)
            if not held.is_lost:
                start_response(*held.begun)
                return answer
            if hasattr(answer, "close"):
                answer.close()
            if environ["REQUEST_METHOD"] not in READS:
                body.seek(0)
            _pause.wait(PAUSE_S)


_pause = threading.Event()


def is_repeatable(environ: Environ) -> bool:
    """Say whether a request may be served twice; the body of one that writes is then in memory."""
    if environ["REQUEST_METHOD"] in READS:
        return True
    length, has_key = environ.get("CONTENT_LENGTH") or "0", "HTTP_IDEMPOTENCY_KEY" in environ
    is_form = environ.get("CONTENT_TYPE", "").startswith(FORM)
    if (
        not (has_key or is_form)
        or not length.isdigit()
        or int(length) > MOST_BYTES
        or "HTTP_TRANSFER_ENCODING" in environ
    ):
        return False
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return has_key or FORM_KEY in body


def note_lost() -> bool:
    """Say that this request lost its database; return whether it is served again."""
    held: Held | None = request.environ.get(HELD)
    if held is None or time.monotonic() + PAUSE_S >= held.until:
        return False
    held.is_lost = True
    return True


def is_thrown_away() -> bool:
    """Say whether nobody will see the answer that is being made."""
    held: Held | None = request.environ.get(HELD)
    return held is not None and held.is_lost


def init_second_try(app: Flask) -> None:
    """Stand next to Flask: what stands further out sees one request, however often it is served."""
    app.wsgi_app = SecondTry(app)  # type: ignore[method-assign]
