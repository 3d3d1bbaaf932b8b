"""Settling: what arrived becomes ready, or waits for a scanner, or is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta

from app.core import clock
from app.core.db import transaction
from app.core.outbox import record
from app.core.setting import current_settings
from app.storage.adapters.protocol import Stored
from app.storage.events import FileReady, FileRefused
from app.storage.models import StoredFile
from app.storage.service.reserve import KEEP_UNTIL
from app.storage.service.steps import step
from app.storage.states import Category, State

Hook = Callable[[StoredFile], None]
Gate = Callable[[StoredFile], bool]
REFUSED_KEPT = timedelta(days=1)
_ready: list[Hook] = []
_gates: list[tuple[Gate, Hook]] = []


def on_ready(function: Hook) -> Hook:
    """Register what is done in the transaction that makes a file ready; it queues jobs, and asks no provider."""
    if function not in _ready:
        _ready.append(function)
    return function


def gate(is_needed: Gate, begin: Hook) -> None:
    """Register what stands before `ready`: a scanner.

    Args:
        is_needed: Says whether it wants to see a file.
        begin: Queues its job, in the transaction that makes the file wait; the job ends in `let_pass` or `refuse`.
    """
    if (is_needed, begin) not in _gates:
        _gates.append((is_needed, begin))


def settle(row: StoredFile, stored: Stored, *, sha256: str, content_type: str) -> StoredFile | None:
    """Take over what a provider has of a pending or uploaded file; None when somebody else was faster."""
    begins = [begin for is_needed, begin in _gates if is_needed(row)]
    values = {
        "size_bytes": stored.size_bytes, "sha256": sha256, "etag": stored.etag, "content_type": content_type,
        "upload_id": "", "tries": 0,
    }  # fmt: skip
    with transaction():
        if not begins:
            return _make_ready(row, State.PENDING, State.UPLOADED, **values)
        found = step(row, State.PENDING, State.UPLOADED, state=State.SCANNING.value, expires_at=None, **values)
        for begin in begins if found is not None else ():
            begin(row if found is None else found)
        return found


def let_pass(row: StoredFile) -> StoredFile | None:
    """Make a scanned file ready; None when somebody else was faster."""
    return _make_ready(row, State.SCANNING)


def refuse(row: StoredFile, reason: str) -> StoredFile | None:
    """Never serve a file, and delete it after a day; None when somebody else was faster."""
    now = clock.now()
    about = {key: value for key, value in row.about.items() if key != KEEP_UNTIL} | {"reason": reason}
    with transaction():
        found = step(
            row, State.PENDING, State.UPLOADED, State.SCANNING, state=State.REFUSED.value, about=about,
            upload_id="", trashed_at=now, purge_at=now + REFUSED_KEPT, expires_at=None,
        )  # fmt: skip
        if found is not None and found.parent_id is None:
            fact = FileRefused(id=found.id, file_name=found.file_name, category=found.category, reason=reason)
            record(fact, version=found.version)
        return found


def _make_ready(row: StoredFile, *states: State, **values: object) -> StoredFile | None:
    until = _kept_until(row)
    about = {key: value for key, value in row.about.items() if key != KEEP_UNTIL}
    with transaction():
        found = step(
            row, *states, state=State.READY.value, ready_at=clock.now(), expires_at=until, about=about, **values
        )
        if found is None:
            return None
        if found.parent_id is None:
            fact = FileReady(
                id=found.id, file_name=found.file_name, category=found.category, size_bytes=found.size_bytes,
                subject=found.subject,
            )  # fmt: skip
            record(fact, version=found.version)
        for hook in _ready:
            hook(found)
        return found


def _kept_until(row: StoredFile) -> datetime | None:
    told = row.about.get(KEEP_UNTIL)
    if told:
        return clock.parse(told)
    if row.category == Category.TEMP:
        return clock.now() + timedelta(hours=current_settings().temp_hours)
    return None
