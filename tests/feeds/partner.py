"""A partner's server: real HTTP, answers as told, remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, dict[str, str], bytes]
Answering = Callable[[str | None], Reply]


class Partner:
    """One server on this machine.

    Attributes:
        asked: The cursor and the Authorization header of each request.
        hang: Set while requests are to be left without an answer.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str | None]] = []
        self.answer: Answering = lambda cursor: page([])
        self.release = threading.Event()
        partner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cursor = parse_qs(urlsplit(self.path).query).get("cursor", [None])[0]
                partner.asked.append((cursor, self.headers.get("Authorization")))
                status, headers, body = partner.answer(cursor)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/orders"

    def pages(self, *pages: list[dict[str, Any]]) -> None:
        """Answer with these pages: the first without a cursor, the others by `c1`, `c2` …"""

        def answer(cursor: str | None) -> Reply:
            number = int((cursor or "c0")[1:])
            after = f"c{number + 1}" if number + 1 < len(pages) else None
            return page(pages[number], after)

        self.answer = answer


def page(orders: list[dict[str, Any]], after: str | None = None) -> Reply:
    """Return a page."""
    return 200, {"Content-Type": "application/json"}, json.dumps({"orders": orders, "next": after}).encode()


def order(ref: str, *lines: tuple[Any, Any], **more: Any) -> dict[str, Any]:
    """Return an order of some (sku, quantity)."""
    return {
        "ref": ref, "customer": {"name": f"Customer of {ref}"}, "brand": "unknown fields are passed over",
        "lines": [{"sku": sku, "quantity": quantity, "unitPrice": "2.50"} for sku, quantity in lines], **more,
    }  # fmt: skip


@contextmanager
def serving() -> Iterator[Partner]:
    """Run a partner's server until the block ends."""
    partner = Partner()
    thread = threading.Thread(target=partner.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield partner
    finally:
        partner.release.set()
        partner.server.shutdown()
        partner.server.server_close()
        thread.join()
