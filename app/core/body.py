"""Bodies without a Content-Length (chunked): refused, never cut off, when they are too long or cannot be read."""

import io
from typing import IO, cast

from flask import Request
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]  # gunicorn has no types
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import LimitedStream, get_input_stream

from app.core.errors import MalformedBody


class Chunks(io.RawIOBase):
    """A body that comes in chunks, whose mistakes are told as problems: the server only finds them while it is read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """True: it is there to be read."""
        return True

    def readinto(self, b: bytearray) -> int:  # type: ignore[override]  # a buffer of whoever reads
        """Read up to as many bytes as fit.

        Raises:
            MalformedBody: A chunk has no proper size, not the length it says, or what follows the last one is no header.
            ClientDisconnected: It ended before its end.
        """
        try:
            data = self._stream.read(len(b))
        except ParseException as error:
            raise MalformedBody(reason="It is not properly divided into chunks, as Transfer-Encoding says.") from error
        except NoMoreData as error:
            raise ClientDisconnected from error
        b[: len(data)] = data
        return len(data)


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
    if not is_terminated or request.content_length is not None:
        return get_input_stream(request.environ, max_content_length=limit)
    chunks = cast("IO[bytes]", io.BufferedReader(Chunks(request.environ["wsgi.input"])))
    return chunks if limit is None else cast("IO[bytes]", BoundedStream(chunks, limit))
