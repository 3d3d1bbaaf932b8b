"""Keeping a file that somebody sent in, after a look at what it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, BinaryIO, cast

from app.core import clock, files, tasks
from app.core.context import actor
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.outbox import record
from app.core.setting import current_settings
from app.core.tenancy import current_company_id
from app.documents.events import DocumentAdded
from app.documents.models import Document
from app.documents.problems import DocumentTooLarge, NoDocument, NoReader, UnknownKind
from app.documents.reading import engine, pictures
from app.documents.reading.kinds import SNIFFED, kind_of
from app.storage.service.bodies import Body
from app.storage.service.own import check_scanned, keep_on
from app.storage.service.reserve import NewFile
from app.storage.service.sending import keep
from app.storage.service.spool import Spool, spooled
from app.storage.states import Category

CHUNK = 1 << 18
FOLDER = "documents"
TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "pdf": "application/pdf"}
UNCLAIMED = timedelta(days=1)  # a file whose document was never written, for somebody died in between, goes then


def keep_document(stream: BinaryIO, file_name: str) -> Document:
    """Keep a photo or PDF and queue its reading.

    Raises:
        NoReader: It is a photo, and nothing reads photos here.
        NoDocument: It is empty.
        UnknownKind, DocumentTooLarge, TooManyPixels: It is not read.
        WrongBytes, QuotaExceeded, StorageAway, StorageFull: It cannot be stored.
    """
    shown = Path(file_name.replace("\x00", "")).name[:200] or "document"
    with spooled(current_settings().max_document_bytes) as target:
        kind = _fill(target, stream)
        size = target.rewind()
        if kind != "pdf" and not engine.is_installed():
            raise NoReader
        pictures.check_picture(cast("IO[bytes]", Body(target)), kind)  # it closes what it looked at
        target.seek(0)
        document_id = new_ulid()
        # Its content counts, not its name: it is stored as what it is.
        new = NewFile(
            file_name=f"{Path(shown).stem or 'document'}.{kind}", category=Category.DOCUMENTS, size_bytes=size,
            content_type=TYPES[kind], subject=subject_of(document_id), expires_at=clock.now() + UNCLAIMED,
        )  # fmt: skip
        stored = keep(new, target)
    return _add(document_id, shown, kind, size, stored.id)


def subject_of(document_id: str) -> str:
    """Return what the stored file of a document belongs to."""
    return f"document:{document_id}"


def path_of(document_id: str) -> Path:
    """Return where a document is that was kept before files were stored: by its id, never by its own name."""
    return files.place(FOLDER, document_id)


def find_file(document_id: str) -> files.Kept | None:
    """Return the stored file of a document; None when it is gone, or was kept before files were stored."""
    return next(iter(files.kept(subject_of(document_id))), None)


@contextmanager
def file_on_disk(document_id: str) -> Iterator[Path]:
    """Give a document's file as one on this disk.

    Raises:
        FileWaits: It is there, and nobody may see it yet: the job tries again.
        StorageAway: It cannot be read now.
    """
    # First: one that is let pass in between is found then; asked for afterwards, it would be neither.
    check_scanned(subject_of(document_id))
    found = find_file(document_id)
    if found is None:
        yield path_of(document_id)
        return
    with files.fetched(found) as path:
        yield path


def _fill(target: Spool, stream: BinaryIO) -> str:
    """Copy what is sent into the spool, and return what it is."""
    limit = current_settings().max_document_bytes
    head = stream.read(CHUNK)
    if not head:
        raise NoDocument
    kind = kind_of(head[:SNIFFED])
    if kind is None:
        raise UnknownKind
    size, chunk = 0, head
    while chunk:
        size += len(chunk)
        if size > limit:
            raise DocumentTooLarge(limit_bytes=limit)
        target.write(chunk)
        chunk = stream.read(CHUNK)
    return kind


def _add(document_id: str, shown: str, kind: str, size: int, file_id: str) -> Document:
    row = Document(
        company_id=current_company_id(), id=document_id, file_name=shown, kind=kind, size_bytes=size, actor=actor()
    )
    with transaction() as session:
        keep_on(file_id)
        row.job_id = tasks.enqueue("documents.read", {"document_id": document_id}, title=f"Read {shown}")
        session.add(row)
        record(DocumentAdded(id=row.id, file_name=shown, kind=kind))
    return row
