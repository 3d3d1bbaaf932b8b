"""Bringing files back from their mirror: what is lost, and what is not what it was."""

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.running import say
from app.core.tenancy import platform_reads, system_work
from app.storage import providers
from app.storage.adapters.protocol import ObjectMissing, Provider, StorageError
from app.storage.care import aside, findings
from app.storage.migrating.copying import Wanted, copy_object, verify_object
from app.storage.models import StoredFile


def row_of(key: str) -> StoredFile | None:
    """Return the row of a key, of whatever company."""
    with platform_reads():
        return db.session.scalars(sa.select(StoredFile).where(StoredFile.key == key)).one_or_none()


def free(taken: int) -> None:
    """Copy as fast as it goes."""


def wanted(row: StoredFile) -> Wanted:
    """Return what a file's object must be."""
    return Wanted(row.key, row.size_bytes, row.content_type, row.sha256)


def bring_back(provider: Provider, key: str) -> int:
    """Copy a lost object from the other place that has it; return 1 when it is back."""
    row = row_of(key)
    if row is None:
        return 0
    if row.mirror == provider.name:
        return copy_again(row, provider.name)
    source = mirror_of(row)
    if source is None:
        return 0
    try:
        copied = copy_object(source, provider, wanted(row), free)
    except StorageError as error:
        say(f"{key} is not brought back: {error}", "warning")
        return 0
    note_good(row, copied.etag)
    _settle(provider, key, "missing")
    return 1


def replace_wrong(provider: Provider, key: str, kind: str) -> int:
    """Set a wrong object aside and put the right one in its place, when the mirror has that; return 1 when it has."""
    row = row_of(key)
    if row is None:
        return 0
    if row.mirror == provider.name:
        aside.move_aside(provider, key, kind)
        return copy_again(row, provider.name)
    source = mirror_of(row)
    if source is None or not is_right(source, row):
        return 0
    aside.move_aside(provider, key, kind)
    copied = copy_object(source, provider, wanted(row), free)
    note_good(row, copied.etag)
    _settle(provider, key, kind)
    return 1


def is_right(source: Provider, row: StoredFile) -> bool:
    """Read the mirror's copy and say whether it is what the row says."""
    try:
        verify_object(source, wanted(row), whole=True, take=free)
    except (StorageError, ObjectMissing):
        return False
    return True


def mirror_of(row: StoredFile) -> Provider | None:
    """Return where a second copy is; None when there is none."""
    if not row.mirror or row.mirrored_at is None or not row.sha256:
        return None
    return providers.provider(row.mirror)


def copy_again(row: StoredFile, provider: str) -> int:
    """Have the mirror's copy made again: the catch-up of mirrors does it."""
    _change(row, mirrored_at=None)
    with installation():
        for kind in ("missing", "size", "digest"):
            findings.settle(installation_id(), provider, kind, [row.key], "repaired")
    return 1


def note_good(row: StoredFile, etag: str) -> None:
    """Write down that a file's object was proved just now."""
    _change(row, etag=etag, checked_at=clock.now())


def _change(row: StoredFile, **values: object) -> None:
    statement = sa.update(StoredFile).where(StoredFile.id == row.id, StoredFile.company_id == row.company_id)
    with system_work(), transaction():
        db.session.execute(statement.values(**values))


def _settle(provider: Provider, key: str, kind: str) -> None:
    with installation():
        findings.settle(installation_id(), provider.name, kind, [key], "repaired")
