"""Sending: files that come through us. The row is reserved, the bytes go to the provider, the row is settled."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import IO

import structlog

from app.core import clock
from app.core.setting import current_settings
from app.storage import providers, types
from app.storage.adapters import protocol
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, ProviderFailed, StorageAway, StorageFull, WrongBytes
from app.storage.service.bodies import SenderGone, look_ahead
from app.storage.service.deleting import discard
from app.storage.service.reserve import NewFile, reserve
from app.storage.service.settle import settle
from app.storage.service.spool import Spool, fill, spooled
from app.storage.service.steps import leave_transaction, step
from app.storage.states import ProviderName, State
from app.storage.usage import requests

log = structlog.get_logger(__name__)
UNSURE_FOR = timedelta(minutes=15)  # a provider that did not answer may still be writing


def keep(new: NewFile, body: IO[bytes]) -> StoredFile:
    """Store a file; whole or not at all. Outside of any transaction.

    Args:
        new: Of known size, or it goes through the spool.
        body: Read once, in pieces.

    Raises:
        FileTooLarge, QuotaExceeded, TypeNotAllowed, WrongBytes: It is not taken.
        StorageAway, StorageFull, ProviderFailed: It cannot be kept.
    """
    if new.size_bytes is None:
        return keep_unknown(new, body)
    leave_transaction()
    types.check_size(new.category, new.size_bytes)
    head, whole = look_ahead(body, min(types.HEAD_BYTES, new.size_bytes))
    content_type = _type_of(new, head)
    row = reserve(replace(new, content_type=content_type))
    stored = _put(row, whole)
    found = settle(row, stored, sha256=stored.sha256 or new.sha256, content_type=content_type)
    if found is None:  # it took so long that its row was reaped; its bytes came after that
        providers.provider(row.provider).delete([row.key])
        raise FileMissing
    return found


def keep_unknown(new: NewFile, body: IO[bytes]) -> StoredFile:
    """Store a file of unknown size: into the spool first, bounded by what the category takes."""
    with spooled(types.most_bytes(new.category)) as target:
        fill(target, body)
        return _keep_spooled(new, target)


@contextmanager
def writing(new: NewFile) -> Iterator[Spool]:
    """Open a file to write; it is stored when the block has ended well, as `.file`, and is gone when not."""
    with spooled(types.most_bytes(new.category)) as target:
        yield target
        if target.is_wanted:
            target.stored = _keep_spooled(new, target)


@contextmanager
def writing_text(new: NewFile) -> Iterator[tuple[IO[str], Spool]]:
    """The same for text, in UTF-8, with line ends as they are written."""
    with writing(new) as target:
        text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=False)
        try:
            yield text, target
            text.flush()
        finally:
            text.detach()


def _keep_spooled(new: NewFile, target: Spool) -> StoredFile:
    about = {**new.about, **target.about}
    return keep(replace(new, size_bytes=target.rewind(), about=about), target)


def _type_of(new: NewFile, head: bytes) -> str:
    name = types.clean_name(new.file_name)
    if new.is_ours:
        return types.expected_type(name, new.content_type)
    return types.check_bytes(new.category, head, name, new.content_type)


def _put(row: StoredFile, body: IO[bytes]) -> protocol.Stored:
    """Send the bytes, with no transaction open; what is not kept leaves no row that waits."""
    try:
        return _send(row, body)
    except protocol.ProviderAway as error:
        return _send_elsewhere(row, body, error)
    except protocol.WrongBytes as error:
        discard(row)
        raise WrongBytes(reason=str(error)) from error
    except protocol.StorageFull as error:
        discard(row)
        raise StorageFull from error
    except protocol.StorageError as error:
        discard(row)
        raise ProviderFailed from error
    except SenderGone as gone:  # the provider keeps nothing of half a file
        discard(row)
        raise gone.__cause__ or gone from None
    except BaseException:
        discard(row)
        raise


def _send(row: StoredFile, body: IO[bytes]) -> protocol.Stored:
    requests.note(row.provider, row.company_id, row.category, writes=1)
    return providers.provider(row.provider).put(
        row.key, body, size_bytes=row.size_bytes, content_type=row.content_type, sha256=row.sha256
    )


def _send_elsewhere(row: StoredFile, body: IO[bytes], error: protocol.ProviderAway) -> protocol.Stored:
    """Keep on disk what the provider cannot take now; the catch-up of mirrors brings it there later.

    Raises:
        StorageAway: There is no fallback, or the bytes cannot be read again.
    """
    fallback = ProviderName.LOCAL.value
    if not current_settings().storage_fallback or row.provider == fallback or not body.seekable():
        step(row, State.PENDING, expires_at=clock.now() + UNSURE_FOR)
        raise StorageAway from error
    found = step(row, State.PENDING, provider=fallback, mirror=row.provider, mirrored_at=None)
    if found is None:
        raise FileMissing from error
    log.warning("kept on disk, for the provider is away", file=row.id, provider=row.mirror)
    body.seek(0)
    return _send(found, body)
