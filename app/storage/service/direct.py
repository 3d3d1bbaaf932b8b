"""Direct uploads: the sender gets addresses, sends bytes to them, and says when it is done.

The addresses are the provider's own when it can hold a sender to what was reserved; else they are ours, and the bytes
go through us. A large file goes in parts, of which those that are there need not be sent again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast

from app.core.setting import current_settings
from app.storage import providers
from app.storage.adapters import protocol
from app.storage.adapters.protocol import Part, Provider, Signed
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileNotReady, ProviderFailed, StorageAway, StorageFull, WrongBytes
from app.storage.reads.files import find_file
from app.storage.service.bodies import Body, SenderGone
from app.storage.service.deleting import discard
from app.storage.service.reserve import NewFile, reserve
from app.storage.service.steps import leave_transaction, step
from app.storage.signing import OurAddresses
from app.storage.states import ProviderName, State

WHOLE_BYTES = 64 << 20  # a browser makes the digest of so much at once; more goes in parts
MIB = 1 << 20
NOTHING = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class PartAddress:
    """Where one part is sent."""

    number: int
    size_bytes: int
    address: Signed


@dataclass(frozen=True, slots=True)
class Sending:
    """How a reserved file is sent: whole to one address, or in parts of `part_bytes`."""

    file: StoredFile
    whole: Signed | None = None
    part_bytes: int = 0

    @property
    def parts(self) -> int:
        """How many parts there are; 0 when it is sent whole."""
        return parts_of(self.file) if self.part_bytes else 0


def begin(new: NewFile, *, in_parts: bool | None = None) -> StoredFile:
    """Reserve a file, and begin its upload when it goes in parts. Outside of any transaction.

    Args:
        new: Of known size.
        in_parts: Whether it goes in parts; None decides by its size.

    Raises:
        FileTooLarge, QuotaExceeded, TypeNotAllowed: It is not taken.
        StorageAway, ProviderFailed: Its upload cannot be begun.
    """
    row = reserve(new)
    leave_transaction()
    provider = providers.provider(row.provider)
    cut = row.size_bytes > WHOLE_BYTES if in_parts is None else in_parts
    if row.size_bytes and (cut or row.size_bytes > provider.profile.most_put_bytes):
        return _begin_parts(row, provider)
    return row


def show_way(row: StoredFile) -> Sending:
    """Say how the bytes of a reserved file are sent; one that is not in the making any more needs none.

    Raises:
        StorageAway, ProviderFailed: Nobody can tell where to send it.
    """
    if row.state != State.PENDING or row.upload_id:
        return Sending(row, part_bytes=row.part_bytes if row.upload_id else 0)
    leave_transaction()
    provider = providers.provider(row.provider)
    sha256 = row.sha256 or (NOTHING if not row.size_bytes else "")
    signer = provider if sha256 and is_direct(provider) else OurAddresses()
    with telling():
        return Sending(
            row,
            whole=signer.sign_put(
                row.key, size_bytes=row.size_bytes, content_type=row.content_type, sha256=sha256, expires_s=_good_for(row)
            ),
        )  # fmt: skip


def is_direct(provider: Provider) -> bool:
    """Say whether senders get the provider's own addresses: it must hold them to what was reserved."""
    is_remote = provider.name != ProviderName.LOCAL.value
    return current_settings().storage_direct_uploads and is_remote and provider.profile.binds_put


def parts_of(row: StoredFile) -> int:
    """Return into how many parts a file is cut."""
    return -(-row.size_bytes // row.part_bytes)


def sign_parts(file_id: str, numbers: Sequence[int]) -> list[PartAddress]:
    """Return where some parts are sent; numbers begin at 1, and what is no part of the file is left out.

    Raises:
        FileMissing, FileNotReady: There is no such upload in the making.
    """
    row = find_sent_in_parts(file_id)
    provider = providers.provider(row.provider)
    signer = provider if is_direct(provider) else OurAddresses()
    with telling():
        return [
            PartAddress(
                number, size, signer.sign_part(row.key, row.upload_id, number, size_bytes=size, expires_s=_good_for(row))
            )
            for number in sorted(set(numbers))
            if (size := size_of_part(row, number)) > 0
        ]  # fmt: skip


def list_parts(file_id: str) -> tuple[StoredFile, Sequence[Part]]:
    """Return the parts that are there.

    Raises:
        FileMissing, FileNotReady: There is no such upload in the making.
    """
    row = find_sent_in_parts(file_id)
    with telling():
        return row, providers.provider(row.provider).list_parts(row.key, row.upload_id)


def find_sent_in_parts(file_id: str) -> StoredFile:
    """Return a file that is being sent in parts.

    Raises:
        FileMissing, FileNotReady: There is none.
    """
    row = find_file(file_id)
    leave_transaction()
    if row.state != State.PENDING or not row.upload_id:
        raise FileNotReady(state=row.state if row.state != State.PENDING else "not sent in parts")
    return row


def size_of_part(row: StoredFile, number: int) -> int:
    """Return how large a part is; the last may be smaller, and what is no part has none."""
    left = row.size_bytes - (number - 1) * row.part_bytes
    return max(0, min(row.part_bytes, left)) if number > 0 else 0


def receive_part(row: StoredFile, upload_id: str, number: int, body: IO[bytes], size_bytes: int) -> Part:
    """Take one part that goes through us.

    Raises:
        FileNotReady: This upload is over.
        StorageAway, StorageFull, ProviderFailed, WrongBytes: It cannot be kept.
    """
    if row.state != State.PENDING or row.upload_id != upload_id:
        raise FileNotReady(state=row.state if row.state != State.PENDING else "sent another way")
    leave_transaction()
    with telling():
        return providers.provider(row.provider).put_part(
            row.key, upload_id, number, cast("IO[bytes]", Body(body)), size_bytes=size_bytes
        )


def cancel(file_id: str) -> None:
    """Give up a file in the making, with what was sent of it; one that is there already is left alone.

    Raises:
        FileMissing: There is no such file.
        FileNotReady: It is not in the making any more.
    """
    row = find_file(file_id)
    if row.state != State.PENDING:
        raise FileNotReady(state=row.state)
    discard(row)


@contextmanager
def telling() -> Iterator[None]:
    """Say what went wrong at a provider as people are told it."""
    try:
        yield
    except SenderGone as gone:
        raise gone.__cause__ or gone from None
    except protocol.ObjectMissing as error:
        raise FileMissing from error
    except protocol.ObjectExists as error:
        raise FileNotReady(state="there already") from error
    except protocol.WrongBytes as error:
        raise WrongBytes(reason=str(error)) from error
    except protocol.StorageFull as error:
        raise StorageFull from error
    except protocol.ProviderAway as error:
        raise StorageAway from error
    except protocol.StorageError as error:
        raise ProviderFailed from error


def _begin_parts(row: StoredFile, provider: Provider) -> StoredFile:
    profile = provider.profile
    least = -(-row.size_bytes // profile.most_parts)
    part_bytes = max(profile.part_bytes, -(-least // MIB) * MIB)
    with telling():
        try:
            upload_id = provider.begin_multipart(row.key, row.content_type)
        except BaseException:
            discard(row)
            raise
    found = step(row, State.PENDING, upload_id=upload_id, part_bytes=part_bytes)
    if found is None:  # reaped or cancelled meanwhile
        with suppress(protocol.StorageError):
            provider.abort_multipart(row.key, upload_id)
        raise FileMissing
    return found


def _good_for(row: StoredFile) -> int:
    """Return for how many seconds an address is signed: never longer than the reservation holds."""
    left = (row.expires_at - datetime.now(UTC)).total_seconds() if row.expires_at else 1
    return max(1, min(current_settings().signed_url_s, int(left)))
