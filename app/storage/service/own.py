"""The product's own files: what jobs make, found again by what it belongs to (`report:01J…`, `job:01J…`)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import IO

import sqlalchemy as sa

from app.core import clock
from app.core.db import transaction
from app.core.files import Kept, of_job
from app.core.setting import current_settings
from app.core.tasks import current_job_id
from app.storage.models import StoredFile
from app.storage.problems import FileHeld, FileMissing
from app.storage.reads.files import files_of
from app.storage.service.opening import open_file
from app.storage.service.reserve import KEEP_UNTIL, NewFile
from app.storage.service.sending import writing_text
from app.storage.service.trash import purge
from app.storage.states import Category, State


def kept_until() -> datetime:
    """Return when a file made now is put into the trash: after FILE_KEEP_DAYS."""
    return clock.now() + timedelta(days=current_settings().file_keep_days)


@contextmanager
def exporting(file_name: str) -> Iterator[IO[str]]:
    """Write the CSV of the job that runs. Run again, it replaces its own file; it is kept for FILE_KEEP_DAYS."""
    subject = of_job(current_job_id())
    new = NewFile(
        file_name=file_name, category=Category.EXPORTS, content_type="text/csv", subject=subject,
        expires_at=kept_until(), is_ours=True,
    )  # fmt: skip
    with writing_text(new) as (text, target):
        yield text
    leave_only(subject, [target.file.id])


def find_kept(subject: str) -> Sequence[Kept]:
    """Return what is ready of a subject's files, oldest first."""
    return [as_kept(row) for row in files_of(subject) if row.state == State.READY]


def as_kept(row: StoredFile) -> Kept:
    """Return a file as core hands it on."""
    return Kept(
        id=row.id, subject=row.subject, name=row.file_name, content_type=row.content_type, size_bytes=row.size_bytes,
        sha256=row.sha256, opening=partial(open_file, row),
    )  # fmt: skip


def keep_on(file_id: str) -> None:
    """Let a file stay that would have gone by itself: what it belongs to is written in this transaction.

    Raises:
        FileMissing: It is gone.
    """
    statement = (
        sa.update(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.state.in_([State.READY.value, State.SCANNING.value]))
        .values(expires_at=None, about=StoredFile.about.op("-")(KEEP_UNTIL), version=StoredFile.version + 1)
        .returning(StoredFile.id)
    )
    with transaction() as session:
        if session.scalar(statement, execution_options={"synchronize_session": False}) is None:
            raise FileMissing


class FileWaits(Exception):
    """A file is there, and nobody may see it yet: the job that wants it tries again."""


def is_there(subject: str) -> bool:
    """Say whether a subject has a file that can be read, now or once a scanner has seen it."""
    return any(row.state in {State.READY, State.SCANNING} for row in files_of(subject))


def check_scanned(subject: str) -> None:
    """Raise while a scanner has not seen a subject's files.

    Raises:
        FileWaits: It has not.
    """
    if any(row.state == State.SCANNING for row in files_of(subject)):
        raise FileWaits("the file is being scanned")


def leave_only(subject: str, kept_ids: Sequence[str] = ()) -> int:
    """Have all files of a subject deleted but these: a job that ran again replaces what it made; returns how many.

    What is on legal hold stays.
    """
    deleted = 0
    for row in files_of(subject):
        if row.id not in kept_ids and row.held_at is None:
            # Held since this look, or a piece of it is: each by itself, so that it keeps back no other.
            with suppress(FileHeld):
                deleted += len(purge([row.id]))
    return deleted
