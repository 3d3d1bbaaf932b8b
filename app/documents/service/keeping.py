"""Keeping a file that somebody sent in, after a look at what it is."""

from pathlib import Path
from typing import BinaryIO

from app.core import files, guards, tasks
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

CHUNK = 1 << 18
FOLDER = "documents"


def keep_document(stream: BinaryIO, file_name: str) -> Document:
    """Keep a photo or PDF and queue its reading.

    Raises:
        NoReader: It is a photo, and nothing reads photos here.
        NoDocument: It is empty.
        UnknownKind, DocumentTooLarge, TooManyPixels: It is not read.
    """
    document_id = new_ulid()
    path = path_of(document_id)
    kind, size = _write(stream, path)
    try:
        if kind != "pdf" and not engine.is_installed():
            raise NoReader
        pictures.check_picture(path, kind)
        return _add(document_id, file_name, kind, size)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def path_of(document_id: str) -> Path:
    """Return where a document of this company is kept: by its id, never by its own name."""
    return files.place(FOLDER, document_id)


def _write(stream: BinaryIO, path: Path) -> tuple[str, int]:
    limit = current_settings().max_document_bytes
    head = stream.read(CHUNK)
    if not head:
        raise NoDocument
    kind = kind_of(head[:SNIFFED])
    if kind is None:
        raise UnknownKind
    size, chunk = 0, head
    with files.writing(path) as target:
        while chunk:
            size += len(chunk)
            if size > limit:
                raise DocumentTooLarge(limit_bytes=limit)
            guards.call("storage", target.write, chunk)
            chunk = stream.read(CHUNK)
    return kind, size


def _add(document_id: str, file_name: str, kind: str, size: int) -> Document:
    shown = Path(file_name.replace("\x00", "")).name[:200] or "document"
    row = Document(
        company_id=current_company_id(), id=document_id, file_name=shown, kind=kind, size_bytes=size, actor=actor()
    )
    with transaction() as session:
        row.job_id = tasks.enqueue("documents.read", {"document_id": document_id}, title=f"Read {shown}")
        session.add(row)
        record(DocumentAdded(id=row.id, file_name=shown, kind=kind))
    return row
