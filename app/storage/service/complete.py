"""Completing: what a browser sent to the provider itself is looked at before it becomes ready."""

import hashlib
from datetime import timedelta

from app.core import clock, tasks
from app.core.db import transaction
from app.storage import providers, types
from app.storage.adapters import protocol
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileNotReady, ProviderFailed, StorageAway, TypeNotAllowed, WrongBytes
from app.storage.reads.files import find_file
from app.storage.service.deleting import discard
from app.storage.service.opening import open_bytes, read_head
from app.storage.service.settle import refuse, settle
from app.storage.service.steps import leave_transaction, step
from app.storage.states import Category, State
from app.storage.usage import requests

READ_HERE_BYTES = 64 << 20  # larger ones are read again by a job
LOOK_AGAIN_IN = timedelta(minutes=15)  # an uploaded file that nobody finished looking at
IN_THE_MAKING = {State.PENDING, State.UPLOADED}


def complete(file_id: str) -> StoredFile:
    """Take over a file that was sent to its provider; asked for again, it says the same.

    Returns:
        The file: ready, waiting for a scanner, or `uploaded` while a job reads its digest.

    Raises:
        FileMissing: There is no such file.
        FileNotReady: Its bytes are not all there yet; or it is not one in the making.
        WrongBytes, TypeNotAllowed: It is not what was said, and was not kept.
        StorageAway, ProviderFailed: Nobody can tell now.
    """
    row = find_file(file_id)
    if row.state in {State.READY, State.SCANNING}:
        return row
    if row.state not in IN_THE_MAKING:
        raise FileNotReady(state=row.state, advice=row.about.get("reason", ""))
    leave_transaction()
    stored = _arrived(row)
    if stored.size_bytes != row.size_bytes:
        discard(row)
        raise WrongBytes(reason=f"{row.size_bytes} bytes were announced and {stored.size_bytes} came")
    found = _note_arrival(row, stored)
    if found is None:
        return find_file(file_id)
    if not stored.sha256 and found.size_bytes > READ_HERE_BYTES:
        return found
    return verify(found, stored)


def verify(row: StoredFile, stored: protocol.Stored | None = None) -> StoredFile:
    """Compare the digest and look at the first bytes of an uploaded file, and settle it.

    Raises:
        WrongBytes, TypeNotAllowed: It is not what was said.
        FileMissing, StorageAway, ProviderFailed: It cannot be read.
    """
    leave_transaction()
    stored = stored or _look(row)
    sha256 = stored.sha256 or _digest(row)
    if row.sha256 and row.sha256 != sha256:
        discard(row)
        raise WrongBytes(reason="the digest is another one")
    head = read_head(row, types.HEAD_BYTES)
    try:
        content_type = types.check_bytes(Category(row.category), head, row.file_name, row.content_type)
    except (TypeNotAllowed, WrongBytes) as problem:
        refuse(row, problem.sentence)
        raise
    return settle(row, stored, sha256=sha256, content_type=content_type) or find_file(row.id)


def _arrived(row: StoredFile) -> protocol.Stored:
    """Return what the provider has; the parts of a multipart upload are put together first."""
    if row.upload_id and row.state == State.PENDING:
        try:
            return _put_together(row)
        except (protocol.ObjectMissing, protocol.ObjectExists):
            pass  # somebody did so a moment ago: the object itself tells
        except protocol.WrongBytes as error:
            raise WrongBytes(reason=str(error)) from error
        except protocol.ProviderAway as error:
            raise StorageAway from error
        except protocol.StorageError as error:
            raise ProviderFailed from error
    return _look(row)


def _put_together(row: StoredFile) -> protocol.Stored:
    provider = providers.provider(row.provider)
    requests.note(row.provider, row.company_id, row.category, writes=2)
    parts = provider.list_parts(row.key, row.upload_id)
    if sum(part.size_bytes for part in parts) < row.size_bytes:
        raise FileNotReady(state="not there as a whole yet")
    return provider.complete_multipart(row.key, row.upload_id, parts)


def _look(row: StoredFile) -> protocol.Stored:
    requests.note(row.provider, row.company_id, row.category, reads=1)
    try:
        return providers.provider(row.provider).stat(row.key)
    except protocol.ObjectMissing as error:
        raise (FileNotReady(state="not there yet") if row.state == State.PENDING else FileMissing()) from error
    except protocol.ProviderAway as error:
        raise StorageAway from error
    except protocol.StorageError as error:
        raise ProviderFailed from error


def _note_arrival(row: StoredFile, stored: protocol.Stored) -> StoredFile | None:
    """Make it `uploaded`, so that nobody reaps it while it is looked at; a large one's digest is read by a job."""
    needs_job = not stored.sha256 and row.size_bytes > READ_HERE_BYTES
    with transaction():
        found = step(
            row, *IN_THE_MAKING, state=State.UPLOADED.value, etag=stored.etag, upload_id="",
            expires_at=clock.now() + LOOK_AGAIN_IN,
        )  # fmt: skip
        if found is not None and needs_job:
            tasks.enqueue(
                "storage.verify", {"file_id": row.id}, title=f"Check {row.file_name}", key=f"storage.verify:{row.id}"
            )
        return found


def _digest(row: StoredFile) -> str:
    found = hashlib.sha256()
    with open_bytes(row) as pieces:
        for piece in pieces:
            found.update(piece)
    return found.hexdigest()
