"""Receiving: the bytes of a reserved file that go through us, whole, in one request."""

from typing import IO

from app.core.errors import Problem
from app.storage import providers, types
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileNotReady
from app.storage.service.bodies import look_ahead
from app.storage.service.direct import telling
from app.storage.service.settle import refuse, settle
from app.storage.service.steps import leave_transaction
from app.storage.states import Category, State


def receive(row: StoredFile, body: IO[bytes]) -> StoredFile:
    """Store exactly what was reserved, and settle it. Its first bytes are looked at before any is kept.

    Args:
        row: Reserved, and not sent in parts.
        body: Of exactly the reserved length; read once, in pieces.

    Raises:
        FileNotReady: It is there already, or given up.
        TypeNotAllowed, WrongBytes: It is not what was said; the file is refused.
        StorageAway, StorageFull, ProviderFailed: It cannot be kept; the reservation stays, to try again.
    """
    if row.state != State.PENDING or row.upload_id:
        raise FileNotReady(state=row.state if row.state != State.PENDING else "sent in parts")
    leave_transaction()
    head, whole = look_ahead(body, min(types.HEAD_BYTES, row.size_bytes))
    try:
        content_type = types.check_bytes(Category(row.category), head, row.file_name, row.content_type)
    except Problem as problem:
        refuse(row, problem.sentence)
        raise
    provider = providers.provider(row.provider)
    with telling():
        stored = provider.put(
            row.key, whole, size_bytes=row.size_bytes, content_type=content_type,
            sha256=row.sha256,
        )  # fmt: skip
    found = settle(row, stored, sha256=stored.sha256 or row.sha256, content_type=content_type)
    if found is None:  # it took so long that its row was reaped; its bytes came after that
        provider.delete([row.key])
        raise FileMissing
    return found
