"""What only a provider knows: uploads in the making without a row, leftovers of probes, and what is aside for too long."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.core.setting import current_settings
from app.core.tenancy import platform_reads
from app.storage import providers
from app.storage.adapters.local import Local
from app.storage.adapters.protocol import Provider
from app.storage.care import aside
from app.storage.keys import PROBES
from app.storage.models import StoredFile

PROBES_H = 1


@dataclass
class Freed:
    """What one clean-up of a provider took away."""

    uploads: int = 0
    probes: int = 0
    aside: int = 0
    bytes: int = 0


def clean(name: str) -> Freed:
    """Clean a provider up; a repeat finds nothing."""
    provider = providers.provider(name)
    freed = Freed(uploads=abort_unknown(provider))
    before = clock.now() - timedelta(hours=PROBES_H)
    for page in provider.list(PROBES):
        old = [one for one in page if one.modified_at is not None and one.modified_at < before]
        if old:
            provider.delete([one.key for one in old])
            freed.probes += len(old)
            freed.bytes += sum(one.size_bytes for one in old)
    sweep(provider)
    freed.aside, size = aside.empty(provider)
    freed.bytes += size
    return freed


def sweep(provider: Provider) -> None:
    """Take away what a killed process left on a disk that knows no nameless files."""
    inside = getattr(provider, "provider", provider)
    if isinstance(inside, Local):
        inside.sweep()


def abort_unknown(provider: Provider) -> int:
    """Take uploads back that no row is waiting for; return how many.

    One that was begun within PENDING_HOURS is left: its row may be written at this moment.
    """
    before = clock.now() - timedelta(hours=current_settings().pending_hours)
    aborted = 0
    for one in list(provider.list_multiparts()):
        if one.begun_at is not None and one.begun_at < before and not is_waited_for(one.upload_id):
            provider.abort_multipart(one.key, one.upload_id)
            aborted += 1
    return aborted


def is_waited_for(upload_id: str) -> bool:
    """Say whether a row, of whatever company, has this upload in the making."""
    query = sa.select(sa.literal(1)).where(StoredFile.upload_id == upload_id).limit(1)
    with platform_reads():
        return db.session.execute(query).first() is not None
