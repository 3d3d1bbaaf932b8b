"""A file in a request: the body itself, read in pieces as it comes, or a field of a form.

A body has a Content-Length, is never held as a whole, and may take as long as it needs; a sender who says nothing for
half a minute is given up.
"""

import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from flask import request
from werkzeug.exceptions import ClientDisconnected

from app.core.errors import Problem
from app.core.setting import current_settings
from app.storage.problems import WrongBytes
from app.storage.states import Category
from app.storage.types import check_size

IDLE_S = 30
FORM_OVERHEAD_BYTES = 1_000_000
NO_LIMIT = 1 << 62  # the category's is looked at before the first byte is read
FIELDS = ("file", "image")


class LengthNeeded(Problem, code="length-needed", status=411):
    """Say how long the file is. Send it with a Content-Length; a body in chunks of unknown number is not taken here."""


class SenderTooSlow(Problem, code="sender-too-slow", status=408):
    """Nothing came for {idle_s} seconds. {came_bytes} of {size_bytes} bytes had come, and the upload was given up; send it again, or in parts, which need not be sent twice."""

    idle_s: int
    came_bytes: int
    size_bytes: int


class NoFileSent(Problem, code="no-file-sent", status=422):
    """There is no file in this request. Send it as multipart/form-data in a field called file or image."""


class OneFileOnly(Problem, code="one-file-only", status=422):
    """There are {files} files in this request, and one is taken at a time. Nothing was kept; send each by itself."""

    files: int


class Incoming(io.RawIOBase):
    """The body of this request, as long as its Content-Length says."""

    def __init__(self, body: IO[bytes]) -> None:
        self.body = body
        self.came_bytes = 0

    def readable(self) -> bool:
        """It is to be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return what comes next.

        Raises:
            SenderTooSlow: Nothing did.
            BadRequest: The sender hung up.
        """
        try:
            # A sender on a fast line always has the next piece ready, so nobody else of this process would have a turn.
            time.sleep(0)
            piece = self.body.read(size)
        except (TimeoutError, ClientDisconnected) as error:
            # Werkzeug takes a wait that was too long for a sender who hung up.
            if isinstance(error, ClientDisconnected) and not isinstance(error.__context__, TimeoutError):
                raise
            raise self._give_up() from None
        self.came_bytes += len(piece)
        return piece

    def _give_up(self) -> SenderTooSlow:
        return SenderTooSlow(idle_s=IDLE_S, came_bytes=self.came_bytes, size_bytes=request.content_length or 0)


def take_large_bodies(endpoints: set[str]) -> Any:  # Any: what Flask calls before a view
    """Return a preprocessor that lets some routes take bodies of any length; they look at it themselves."""

    def prepare(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint in endpoints:
            request.max_content_length = NO_LIMIT

    return prepare


def take_forms(endpoints: set[str]) -> Any:  # Any: as above
    """Return a preprocessor that lets some forms be as large as an upload may be."""

    def prepare(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint in endpoints:
            request.max_content_length = current_settings().max_upload_bytes + FORM_OVERHEAD_BYTES

    return prepare


def announced_bytes(category: Category) -> int:
    """Return how long this request's body is, before it is read.

    Raises:
        LengthNeeded: It does not say.
        FileTooLarge: More than its category takes.
    """
    size = length_of_body()
    check_size(category, size)
    return size


def length_of_body() -> int:
    """Return how long this request says it is; without a word about a body it has none (RFC 9112, 6.3).

    Raises:
        LengthNeeded: It comes in chunks.
    """
    if "Transfer-Encoding" in request.headers:
        raise LengthNeeded
    return request.content_length or 0


def check_length(said: int) -> None:
    """Refuse a body that is not as long as was signed for.

    Raises:
        LengthNeeded, WrongBytes: As they say.
    """
    if length_of_body() != said:
        raise WrongBytes(reason=f"{said} bytes were announced and {length_of_body()} came")


@contextmanager
def incoming() -> Iterator[IO[bytes]]:
    """Give the body of this request; every wait for its next piece is bounded, and not the whole."""
    wire: socket.socket | None = request.environ.get("gunicorn.socket")
    before = wire.gettimeout() if wire is not None else None
    if wire is not None:
        wire.settimeout(IDLE_S)
    try:
        yield cast("IO[bytes]", Incoming(request.stream))
    finally:
        if wire is not None:
            wire.settimeout(before)


Sent = tuple[IO[bytes], str, str, int]


def sent_file() -> Sent:
    """Return the one file in a form: its bytes, name, said type and length.

    Raises:
        NoFileSent: There is none.
        OneFileOnly: There are more, and none is kept.
    """
    found = sent_files()
    if len(found) > 1:
        raise OneFileOnly(files=len(found))
    return found[0]


def sent_files() -> list[Sent]:
    """Return all files in a form; a field without a chosen file has none.

    Raises:
        NoFileSent: There is none.
    """
    found = [one for name in FIELDS for one in request.files.getlist(name) if one.filename]
    if not found:
        raise NoFileSent
    return [(one.stream, one.filename or "", one.mimetype, length_of(one.stream)) for one in found]


def length_of(stream: IO[bytes]) -> int:
    """Return how long a form's file is."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size
