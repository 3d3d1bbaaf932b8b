"""Opening: the bytes of a file, from where they are, or from the copy while that is away."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.storage import providers
from app.storage.adapters import protocol
from app.storage.models import StoredFile
from app.storage.problems import FileMissing, FileNotReady, ProviderFailed, StorageAway
from app.storage.service.steps import leave_transaction
from app.storage.states import State
from app.storage.usage import requests


@contextmanager
def open_file(row: StoredFile, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
    """Read a file's bytes from `start` up to and without `end`, in pieces of at most 1 MiB.

    Raises:
        FileNotReady: It is in the trash, or not there yet.
        FileMissing, StorageAway, ProviderFailed: It cannot be read.
    """
    if row.state != State.READY:
        raise FileNotReady(state=row.state)
    with open_bytes(row, start, end) as pieces:
        yield pieces


@contextmanager
def open_bytes(row: StoredFile, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
    """The same in any state, for who looks whether it may become ready."""
    leave_transaction()
    with ExitStack() as stack:
        yield _open(row, start, end, stack)


def read_head(row: StoredFile, size: int) -> bytes:
    """Return a file's first bytes, in any state."""
    end = min(size, row.size_bytes)
    if not end:
        return b""
    with open_bytes(row, 0, end) as pieces:
        return b"".join(pieces)


def _open(row: StoredFile, start: int, end: int | None, stack: ExitStack) -> Iterator[bytes]:
    """Open the bytes at the first place that has them and answers.

    A copy is as good as the first: keys never get other bytes.
    """
    places = [row.provider, *([row.mirror] if row.mirror and row.mirrored_at else [])]
    problem: Exception | None = None
    for name in places:
        try:
            pieces = stack.enter_context(providers.provider(name).open(row.key, start=start, end=end))
            requests.note(name, row.company_id, row.category, reads=1)
            return _counted(pieces, row, name)
        except protocol.ObjectMissing as error:
            problem = problem or _said(FileMissing(), error)
        except protocol.ProviderAway as error:
            problem = _said(StorageAway(), error)
        except protocol.StorageError as error:
            problem = problem or _said(ProviderFailed(), error)
    raise problem or FileMissing


def _counted(pieces: Iterator[bytes], row: StoredFile, provider: str) -> Iterator[bytes]:
    try:
        for piece in pieces:
            requests.note(provider, row.company_id, row.category, sent_bytes=len(piece))
            yield piece
    except protocol.ProviderAway as error:
        raise StorageAway from error
    except protocol.StorageError as error:
        raise ProviderFailed from error


def _said(problem: Exception, cause: Exception) -> Exception:
    problem.__cause__ = cause
    return problem
