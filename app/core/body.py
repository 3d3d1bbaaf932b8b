"""Bodies without a Content-Length (chunked) that are longer than an address takes: refused, never cut off."""

from typing import IO, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream, get_input_stream


class BoundedStream(LimitedStream):
    """A body of unknown length, up to a limit.

    Werkzeug's own stops at the limit without a word when it is read as a whole, so that half a document would
    be parsed; and it refuses a body of exactly the limit when it is read in pieces. One byte more decides.
    """

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        super().__init__(stream, limit, is_max=True)

    def readall(self) -> bytes:
        """Return all of it.

        Raises:
            RequestEntityTooLarge: There is more than the limit.
        """
        body = super().readall()
        self.on_exhausted()
        return body

    def on_exhausted(self) -> None:
        """Look whether anything follows what was read."""
        if self.is_exhausted and self._stream.read(1):
            raise RequestEntityTooLarge


def open_body(request: Request) -> IO[bytes]:
    """Return the body of a request as it may be read."""
    limit, is_terminated = request.max_content_length, "wsgi.input_terminated" in request.environ
    if limit is not None and is_terminated and request.content_length is None:
        return cast("IO[bytes]", BoundedStream(request.environ["wsgi.input"], limit))
    return get_input_stream(request.environ, max_content_length=limit)
