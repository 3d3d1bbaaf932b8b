"""The door in front of Socket.IO: who may open a WebSocket at all, and on what kind of connection.

- Websocket transport only, so no sticky sessions are needed.
- A browser's handshake must come from this site: Origin and Sec-Fetch-Site are checked, a cookie alone is
  not enough.
- permessage-deflate is refused by dropping the offer: it cost 100 KB a socket and 26 ms at p99.
- Under gunicorn app/realtime/line.py speaks on the connection. Flask's own server keeps simple-websocket, which
  sends with `send`; it gets a socket whose `send` sends everything, one frame at a time.
"""

import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core.sent import host_of
from config import Settings

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
PATH = "/socket.io/"
WIRE = "quarterdeck.wire"
UNREAD_LIMIT_MS = 30_000
KERNEL_BYTES = 131_072  # left alone it grows to 4 MB for each client that does not read, where no bound of ours sees it


class Wire:
    """A connection whose `send` never stops half way, and that can be cut from anywhere.

    Attributes:
        plain: The connection itself.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.plain = sock
        self._sending = threading.RLock()
        if hasattr(socket, "TCP_USER_TIMEOUT") and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_LIMIT_MS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    def send(self, data: bytes) -> int:
        """Send all of it before anybody else sends."""
        with self._sending:
            self.plain.sendall(data)
        return len(data)

    def cut(self) -> None:
        """End the connection without waiting for the other side."""
        try:
            self.plain.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it was closed already

    def __getattr__(self, name: str) -> Any:  # Any: the socket's own attributes
        return getattr(self.plain, name)


class Guard:
    """WSGI: lets only good WebSocket handshakes through to Socket.IO, and everything else to Flask."""

    def __init__(self, app: Flask, settings: Settings, refuse: Callable[[Environ], tuple[int, str] | None]) -> None:
        self._next = app.wsgi_app
        self._settings = settings
        self._refuse = refuse
        hops = settings.proxy_hops
        self._proxy = ProxyFix(_nothing, x_for=hops, x_proto=hops, x_host=hops) if hops else None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        if not environ.get("PATH_INFO", "").startswith(PATH):
            return self._next(environ, start_response)
        if self._proxy is not None:
            self._proxy(environ, start_response)
        refusal = self.refusal(environ) or self._refuse(environ)
        if refusal is not None:
            return answer(start_response, *refusal)
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if "gunicorn.socket" in environ:
            environ["gunicorn.socket"] = environ[WIRE] = Wire(environ["gunicorn.socket"])
        elif "werkzeug.socket" in environ:
            environ["werkzeug.socket"] = environ[WIRE] = Wire(environ["werkzeug.socket"])
        return self._next(environ, start_response)

    def refusal(self, environ: Environ) -> tuple[int, str] | None:
        """Return the status and sentence of a handshake that may not go on."""
        if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
            return 426, "This address speaks WebSocket only: connect with transports: ['websocket']."
        if environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in {"same-origin", "none"}:
            return 403, "This handshake came from another site."
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and host_of(origin) not in self.our_hosts(environ):
            return 403, "This handshake came from another site."
        return None

    def our_hosts(self, environ: Environ) -> set[str]:
        """Return the hosts an Origin may name: the one that was asked, and the public one."""
        return {environ.get("HTTP_HOST", ""), urlsplit(self._settings.base_url).netloc}


def answer(start_response: StartResponse, status: int, sentence: str) -> list[bytes]:
    """Refuse in plain text; nobody but a script reads it."""
    body = sentence.encode()
    reason = {403: "Forbidden", 426: "Upgrade Required", 429: "Too Many Requests", 503: "Service Unavailable"}[status]
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    if status in {429, 503}:
        headers.append(("Retry-After", "5"))
    if status == 426:  # noqa: PLR2004
        headers += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
    start_response(f"{status} {reason}", headers)
    return [body]


def _nothing(environ: Environ, start_response: StartResponse) -> list[bytes]:
    return []
