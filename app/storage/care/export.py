"""All files of a company in one archive, with a manifest of names and digests; kept among its exports."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from stream_zip import ZIP_64, Method, stream_zip

from app.core import clock, tasks
from app.core.chunks import read_in_chunks
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.present import plural
from app.core.running import progress, say
from app.storage.care.events import CompanyFilesExported
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, WrongBytes
from app.storage.service import opening
from app.storage.service.reserve import NewFile
from app.storage.service.sending import writing
from app.storage.states import Category, State

MODE, BATCH = 0o100644, 500
SUBJECT = "export:company"
MANIFEST = "manifest.json"
Member = tuple[str, datetime, int, Method, Iterable[bytes]]


def reach() -> tuple[int, int]:
    """Return how many files an export takes, and their bytes: what is ready or in the trash, but older exports.

    Small pictures are counted as files, as everywhere; they are in the archive, too.
    """
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(StoredFile.size_bytes), 0)).where(_chosen())
    count, size = db.session.execute(query).one()
    return count, int(size)


def ask_export() -> str:
    """Queue an export of the company one acts in and return the job's id; one at a time."""
    with transaction():
        return tasks.enqueue("storage.export", {}, title="Export all files", key="storage-export")


def export() -> StoredFile:
    """Write the archive of the company one acts in; a file whose bytes are wrong breaks it off.

    Raises:
        WrongBytes: A file is not what its record says.
        StorageAway, FileMissing: Its bytes cannot be read now.
    """
    name = f"files-{clock.now():%Y%m%d-%H%M%S}.zip"
    listed: list[dict[str, Any]] = []
    new = NewFile(name, Category.EXPORTS, "application/zip", subject=SUBJECT, is_ours=True)
    with writing(new) as target:
        for piece in stream_zip(_members(listed)):
            target.write(piece)
    made = target.stored
    if made is None:
        raise AssertionError("a spool that ended well was stored")
    with transaction():
        size = sum(one["size"] for one in listed)
        record(CompanyFilesExported(id=made.id, files=len(listed), bytes=size))
    return made


def _members(listed: list[dict[str, Any]]) -> Iterator[Member]:
    total, _ = reach()
    gone: list[str] = []
    for file_id in _ids():
        with _opened(file_id) as found:
            if found is None:
                gone.append(file_id)
                continue
            row, pieces = found
            yield f"{row.category}/{row.id}/{row.file_name}", row.created_at, MODE, ZIP_64, _checked(row, pieces)
        listed.append(
            {
                "name": f"{row.category}/{row.id}/{row.file_name}", "id": row.id, "key": row.key, "size": row.size_bytes,
                "sha256": row.sha256, "contentType": row.content_type, "state": row.state,
                "createdAt": clock.rfc3339(row.created_at), "subject": row.subject, "parentId": row.parent_id,
            }
        )  # fmt: skip
        progress(len(listed), total, plural(len(listed), "file"))
    if gone:
        one, many = "file was deleted before its turn came", "files were deleted before their turn came"
        say(f"{plural(len(gone), one, many)}; named in the manifest as gone.")
    text = json.dumps({"at": clock.rfc3339(clock.now()), "files": listed, "gone": gone}, indent=1).encode()
    yield MANIFEST, clock.now(), MODE, ZIP_64, (text,)


@contextmanager
def _opened(file_id: str) -> Iterator[tuple[StoredFile, Iterator[bytes]] | None]:
    """Open a file where it is now; None when it was deleted since it was chosen, for an export takes its time.

    Raises:
        FileMissing, StorageAway, ProviderFailed: It is there, and cannot be read.
    """
    row = _look(file_id)
    with ExitStack() as stack:
        while row is not None:
            asked = row.provider
            try:
                # In any state: what is in the trash is not opened for people; it is still theirs.
                pieces = stack.enter_context(opening.open_bytes(row))
            except FileMissing:
                row = _look(file_id)  # deleted or moved in this very moment?
                if row is not None and row.provider == asked:
                    raise
            else:
                yield row, pieces
                return
        yield None


def _look(file_id: str) -> StoredFile | None:
    query = sa.select(StoredFile).where(StoredFile.id == file_id, _chosen())
    with transaction() as session:
        return session.scalars(query, execution_options={"populate_existing": True}).one_or_none()


def _checked(row: StoredFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if row.sha256 and digest.hexdigest() != row.sha256:
        raise WrongBytes(reason=f"{row.file_name} is not what its record says")


def _ids() -> Iterator[str]:
    found = sa.select(StoredFile.id).where(_chosen())
    for piece in read_in_chunks(found, [StoredFile.__table__.c.id], size=BATCH):
        yield from (row.id for row in piece)


def _chosen() -> sa.ColumnElement[bool]:
    return sa.and_(StoredFile.state.in_((State.READY, State.TRASHED)), StoredFile.subject != SUBJECT)
