"""The product's own files: what jobs make, found again by what it belongs to (`report:01J…`, `job:01J…`)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from app.core import clock
from app.core.files import Kept
from app.core.setting import current_settings
from app.storage.models import StoredFile
from app.storage.reads.files import files_of
from app.storage.service.opening import open_file
from app.storage.service.trash import purge
from app.storage.states import State


def kept_until() -> datetime:
    """Return when a file made now is put into the trash: after FILE_KEEP_DAYS."""
    return clock.now() + timedelta(days=current_settings().file_keep_days)


def find_kept(subject: str) -> Sequence[Kept]:
    """Return what is ready of a subject's files, oldest first."""
    return [as_kept(row) for row in files_of(subject) if row.state == State.READY]


def as_kept(row: StoredFile) -> Kept:
    """Return a file as core hands it on."""
    return Kept(
        id=row.id, subject=row.subject, name=row.file_name, content_type=row.content_type, size_bytes=row.size_bytes,
        sha256=row.sha256, opening=partial(open_file, row),
    )  # fmt: skip


def leave_only(subject: str, kept_ids: Sequence[str] = ()) -> int:
    """Have all files of a subject deleted but these: a job that ran again replaces what it made; returns how many.

    What is on legal hold stays.
    """
    others = [row.id for row in files_of(subject) if row.id not in kept_ids and row.held_at is None]
    return len(purge(others)) if others else 0
