"""What the nightly clean-up takes away: drafts nobody finished, files and rows that were kept long enough.

Nothing younger than an hour is touched, and no symbolic link is followed or removed: files are looked at and
unlinked inside the folder that was opened, so that no swap in between can lead elsewhere.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core import clock, files
from app.core.db import db, transaction
from app.core.ids import ulid_floor
from app.core.mail import mail_folder
from app.core.tasks import job, progress
from app.core.tenancy import system_work
from config import Settings

YOUNG = timedelta(hours=1)
DRAFTS = (files.DRAFT_SUFFIX, ".part", ".tmp")
BATCH = 5000


@dataclass
class Removed:
    """What one cleaner took away."""

    count: int = 0
    size_bytes: int = 0


Cleaner = Callable[[datetime], Removed]
CLEANERS: dict[str, Cleaner] = {}


def cleaner(name: str) -> Callable[[Cleaner], Cleaner]:
    """Register what is taken away under a name; the function gets the instant before which things are too old."""

    def register(function: Cleaner) -> Cleaner:
        CLEANERS[name] = function
        return function

    return register


@job(queue="cleanup", name="cleanup.run")
def clean_up() -> dict[str, Any]:
    """Take away what is too old, and say how much that was."""
    settings: Settings = current_app.config["SETTINGS"]
    before = clock.now() - timedelta(days=settings.file_keep_days)
    found: dict[str, Any] = {}
    for done, (name, clean) in enumerate(sorted(CLEANERS.items())):
        progress(done, len(CLEANERS), f"Looking at {name}")
        removed = clean(before)
        found[name] = {"removed": removed.count, "sizeBytes": removed.size_bytes}
    progress(len(CLEANERS), len(CLEANERS), "Done")
    return found


def remove_files(folder: Path, before: datetime, *, endings: tuple[str, ...] = ()) -> Removed:
    """Remove plain files below a folder that were last written before an instant.

    Args:
        folder: Where to look, and in the folders below it.
        before: An hour ago at the latest, whatever is given.
        endings: How their names end; empty for any.
    """
    limit = min(before, clock.now() - YOUNG).timestamp()
    removed = Removed()
    if not folder.is_dir():
        return removed
    for _, _, names, place in os.fwalk(folder, follow_symlinks=False):
        for name in names:
            if endings and not name.endswith(endings):
                continue
            size = _remove_old(name, place, limit)
            if size is not None:
                removed.count += 1
                removed.size_bytes += size
    return removed


def _remove_old(name: str, place: int, limit: float) -> int | None:
    """Remove one file if it is plain and old; return its size."""
    try:
        found = os.stat(name, dir_fd=place, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode) or found.st_mtime >= limit:
            return None
        os.unlink(name, dir_fd=place)
    except FileNotFoundError:  # somebody was faster
        return None
    return found.st_size


def remove_rows(statement: str, **values: Any) -> Removed:  # Any: values of any column
    """Run a DELETE of at most :batch rows over all companies until it finds none."""
    removed = Removed()
    while True:
        with system_work(), transaction():
            result = db.session.execute(sa.text(statement), {**values, "batch": BATCH})
            count = int(getattr(result, "rowcount", 0))
        removed.count += count
        if count < BATCH:
            return removed


@cleaner("drafts")
def remove_drafts(before: datetime) -> Removed:
    """Files whose writing was broken off."""
    return remove_files(files.root(), clock.now() - YOUNG, endings=DRAFTS)


@cleaner("exports")
def remove_exports(before: datetime) -> Removed:
    """Files of exports."""
    return remove_files(files.root() / "exports", before)


@cleaner("mail files")
def remove_mail_files(before: datetime) -> Removed:
    """Mails that were written to files for want of a mail server."""
    settings: Settings = current_app.config["SETTINGS"]
    return remove_files(mail_folder(settings), before, endings=(".eml",))


@cleaner("mailings")
def remove_mailings(before: datetime) -> Removed:
    """Letters and who got them."""
    floor = ulid_floor(before)
    remove_rows(
        "DELETE FROM mail_recipients WHERE (company_id, mailing_id, address) IN "
        "(SELECT company_id, mailing_id, address FROM mail_recipients WHERE mailing_id < :floor LIMIT :batch)",
        floor=floor,
    )
    return remove_rows(
        "DELETE FROM mailings WHERE (company_id, id) IN "
        "(SELECT company_id, id FROM mailings WHERE id < :floor LIMIT :batch)",
        floor=floor,
    )
