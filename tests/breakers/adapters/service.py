"""An HTTP service of a test's own: real sockets, answers as told."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class Service:
    """A server.

    Attributes:
        status: Of the next answers; with `headers` and `body`.
        breaks_off: True ends the connection in the middle of the body.
        hangs: True answers nothing until `go_on` is set.
        asked: How many requests came.
    """

    def __init__(self) -> None:
        self.status, self.headers, self.body = 200, {}, b"fine"
        self.breaks_off = self.hangs = False
        self.asked = 0
        self.go_on = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port: int = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone: the port refuses from now on."""
        self.go_on.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                service.asked += 1
                if service.hangs:
                    service.go_on.wait(10)
                    return
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(service.body) + (100 if service.breaks_off else 0)))
                self.send_header("Connection", "close")
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(service.body)

            do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 (the names http.server looks for)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
                """Say nothing."""

        return Handler
