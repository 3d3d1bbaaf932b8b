"""A file as an answer: ranges, conditions, and headers that let no browser run what somebody sent in."""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import generate_etag, http_date, parse_if_range_header, quote_etag

from app.core.errors import Problem
from app.core.setting import current_settings
from app.core.web import render_problem
from app.storage.models import StoredFile
from app.storage.problems import FileNotReady
from app.storage.service.opening import open_file
from app.storage.states import ProviderName, State
from app.storage.types import disposition, may_inline, served_type

YEAR_S = 31_536_000
PRIVATE = "private, no-cache"  # kept by the browser and asked for every time: rights end, files are trashed
FOREVER = f"public, max-age={YEAR_S}, immutable"  # a key never gets other bytes
# Nothing a file holds may run, load or be framed elsewhere; pictures still show.
SANDBOX = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,20})-(\d{0,20})", re.ASCII | re.IGNORECASE)
OBJECTS = "objects/"  # where the provider `local` has them, below UPLOAD_DIR


class RangeNotThere(Problem, code="range-not-there", status=416):
    """The file has no such bytes. It is {size_bytes} bytes long."""

    size_bytes: int


class Pieces:
    """A body that lets go of its source when the answer is over, however it ends."""

    def __init__(self, pieces: Iterable[bytes], stack: ExitStack) -> None:
        self.pieces, self.stack = pieces, stack

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces

    def close(self) -> None:
        """Let go."""
        self.stack.close()


def answer(
    row: StoredFile, *, inline: bool = False, name: str = "", cache: str = PRIVATE, is_public: bool = False
) -> Response:
    """Return a file, a range of it, or that it has not changed.

    Args:
        row: It must be ready.
        inline: Show it where that is safe; else it is saved.
        name: Another name than its own.
        cache: Cache-Control.
        is_public: Other sites may show it.

    Raises:
        FileNotReady, FileMissing, StorageAway, ProviderFailed: It cannot be read.
    """
    if row.state != State.READY:
        raise FileNotReady(state=row.state)
    response = Response(status=200)
    describe(response, row, inline=inline, name=name, cache=cache, is_public=is_public)
    if is_unchanged(row):
        response.status_code = 304
        for header in ("Content-Type", "Content-Disposition"):
            del response.headers[header]
        return response
    try:
        wanted = wanted_range(row)
    except RangeNotThere as problem:
        refusal = render_problem(problem)
        refusal.headers["Content-Range"] = f"bytes */{row.size_bytes}"
        return refusal
    if request.method == "GET" and is_accelerated(row):
        # nginx reads the range itself, and has the file's own time and length.
        response.headers["X-Accel-Redirect"] = current_settings().storage_accel + OBJECTS + quote(row.key)
        return response
    return fill(response, row, wanted)


def describe(response: Response, row: StoredFile, *, inline: bool, name: str, cache: str, is_public: bool) -> None:
    """Write the headers that say what it is and how it may be used."""
    headers = response.headers
    headers["Content-Type"] = served_type(row.content_type)
    headers["Content-Disposition"] = disposition(name or row.file_name, inline=inline and may_inline(row.content_type))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = SANDBOX
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_public else "same-origin"
    headers["Cache-Control"] = cache
    headers["Accept-Ranges"] = "bytes"
    headers["ETag"] = quote_etag(tag_of(row))
    headers["Last-Modified"] = http_date(time_of(row))


def tag_of(row: StoredFile) -> str:
    """Return what changes with the bytes: their digest."""
    return row.sha256 or generate_etag(row.key.encode())


def time_of(row: StoredFile) -> datetime:
    """Return when it became what it is, to the second, as headers have it."""
    return (row.ready_at or row.created_at).astimezone(UTC).replace(microsecond=0)


def is_unchanged(row: StoredFile) -> bool:
    """Say whether the asker has these very bytes (RFC 9110, 13.2.2)."""
    if request.if_none_match.as_set(include_weak=True) or request.if_none_match.star_tag:
        return request.if_none_match.contains_weak(tag_of(row))
    since = request.if_modified_since
    return since is not None and time_of(row) <= since


def wanted_range(row: StoredFile) -> tuple[int, int] | None:
    """Return the one range asked for as (start, end); None for the whole.

    Several ranges at once get the whole: each would be read anew, and many tiny ones are an old way to wear a server
    down. What is no range at all counts as none (RFC 9110, 14.2).

    Raises:
        RangeNotThere: It begins behind the end.
    """
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip()) if request.method == "GET" else None
    if asked is None or asked[1] == asked[2] == "" or not is_same(row):
        return None
    size = row.size_bytes
    if asked[1] == "":  # the last so many
        start, end = max(0, size - int(asked[2])), size
    else:
        start, end = int(asked[1]), min(size, int(asked[2]) + 1) if asked[2] else size
        if asked[2] and int(asked[2]) < start:
            return None
    if start >= end:
        raise RangeNotThere(size_bytes=size)
    return start, end


def is_same(row: StoredFile) -> bool:
    """Say whether If-Range, when it is there, means the bytes as they are now."""
    asked = request.headers.get("If-Range")
    if not asked:
        return True
    condition = parse_if_range_header(asked)
    if condition.etag is not None:
        return condition.etag == tag_of(row) and not asked.strip().startswith(("W/", "w/"))
    return condition.date is not None and condition.date == time_of(row)


def is_accelerated(row: StoredFile) -> bool:
    """Say whether nginx in front of us sends it from the disk."""
    return bool(current_settings().storage_accel) and row.provider == ProviderName.LOCAL.value


def fill(response: Response, row: StoredFile, wanted: tuple[int, int] | None) -> Response:
    """Put the bytes in, in pieces as they are read."""
    start, end = wanted or (0, row.size_bytes)
    response.headers["Content-Length"] = str(end - start)
    if wanted is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{row.size_bytes}"
    if request.method == "HEAD" or start == end:
        return response
    stack = ExitStack()
    response.response = Pieces(stack.enter_context(open_file(row, start, end)), stack)
    response.direct_passthrough = True
    return response
