"""A selection of files as one ZIP, streamed: nothing is held but one piece."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from flask import Response, stream_with_context
from stream_zip import ZIP_64, Method, stream_zip

from app.core import clock
from app.core.access import allow
from app.core.auth import company
from app.core.tenancy import acting_for
from app.storage import types
from app.storage.browsing.blueprint import bp
from app.storage.browsing.lists import ticked
from app.storage.models import StoredFile
from app.storage.problems import FileNotReady
from app.storage.reads.files import find_files
from app.storage.service import opening
from app.storage.states import State

MODE = 0o100644
Member = tuple[str, datetime, int, Method, Iterable[bytes]]


@bp.get("/selection.zip")
@allow("files:read")
def send_zip() -> Response:
    """Send the ticked files as one ZIP."""
    rows = [row for row in find_files(ticked()) if row.state == State.READY]
    if not rows:
        raise FileNotReady(state="not there")
    here = company()
    name = f"files-{here.slug}-{clock.now():%Y%m%d-%H%M}.zip"

    def pieces() -> Iterator[bytes]:
        with acting_for(here.id):
            yield from stream_zip(members(rows), get_compressobj=quick)

    response = Response(stream_with_context(pieces()), mimetype="application/zip")
    response.headers["Content-Disposition"] = types.disposition(name, inline=False)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def members(rows: Sequence[StoredFile]) -> Iterator[Member]:
    """Yield each file, under a name no other one has.

    A file that cannot be read breaks the ZIP off: nobody shall take a part for the whole.
    """
    taken: set[str] = set()
    for row in rows:
        yield free_name(row, taken), row.created_at, MODE, ZIP_64, read(row)


def quick() -> "zlib._Compress":
    """Return the fastest compression: most of what is kept was compressed by who made it."""
    return zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)


def read(row: StoredFile) -> Iterator[bytes]:
    """Yield a file's bytes."""
    with opening.open_file(row) as pieces:
        yield from pieces


def free_name(row: StoredFile, taken: set[str]) -> str:
    """Return `folder/name`, with the end of its id where another file has that name already."""
    name = f"{row.category}/{row.file_name}"
    if name.lower() in taken:
        stem, dot, ending = row.file_name.rpartition(".")
        short = row.id[-6:].lower()
        name = f"{row.category}/{stem} ({short}){dot}{ending}" if stem else f"{row.category}/{row.file_name} ({short})"
    taken.add(name.lower())
    return name
