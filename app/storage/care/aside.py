"""Setting aside: what has no row is copied below `quarantine/` and removed where it was; emptied after TRASH_DAYS."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.core.running import progress
from app.core.setting import current_settings
from app.core.tenancy import platform_reads
from app.storage.adapters.protocol import ObjectExists, ObjectMissing, Provider
from app.storage.care import findings
from app.storage.care.events import OrphansSetAside
from app.storage.care.sheet import Odd
from app.storage.keys import QUARANTINE
from app.storage.models import StorageFinding, StoredFile

BATCH = 200
DAY = "%Y%m%d"


def place_aside(key: str) -> str:
    """Return where a key goes when it is set aside today."""
    return f"{QUARANTINE}{clock.now().strftime(DAY)}/{key}"


def set_aside(provider: Provider, orphans: Sequence[Odd], reason: str) -> int:
    """Move objects without a row aside; return how many. One that got its row meanwhile stays, one that is gone is none."""
    moved, size = 0, 0
    for start in range(0, len(orphans), BATCH):
        batch = orphans[start : start + BATCH]
        taken = with_rows(provider.name, [one.key for one in batch])
        for one in batch:
            if one.key not in taken and move_aside(provider, one.key, "orphan"):
                moved, size = moved + 1, size + one.size_bytes
        progress(moved, len(orphans), "setting aside")
    if moved:
        with installation(), transaction():
            record(OrphansSetAside(provider=provider.name, objects=moved, bytes=size, reason=reason))
    return moved


def with_rows(provider: str, keys: Sequence[str]) -> set[str]:
    """Return those of these keys that a row claims at this provider now."""
    query = sa.select(StoredFile.key).where(
        StoredFile.key.in_(keys), sa.or_(StoredFile.provider == provider, StoredFile.mirror == provider)
    )
    with platform_reads():
        return set(db.session.scalars(query))


def move_aside(provider: Provider, key: str, kind: str) -> str:
    """Move one object aside and say so in its finding; return where it is, "" when it was gone."""
    target = place_aside(key)
    try:
        provider.copy(key, target)
    except ObjectExists:  # a run before was killed between the two
        pass
    except ObjectMissing:
        target = ""
    if target:
        provider.delete([key])
    with installation():
        state = "quarantined" if target else "gone"
        findings.settle(installation_id(), provider.name, kind, [key], state, target)
    return target


def put_back(provider: Provider, finding: StorageFinding) -> None:
    """Move what was set aside to where it was.

    Raises:
        ObjectExists: Something is there by now.
        ObjectMissing: It was emptied.
    """
    provider.copy(finding.moved_to, finding.key)
    provider.delete([finding.moved_to])
    with installation():
        findings.settle(installation_id(), provider.name, finding.kind, [finding.key], "ignored")


def empty(provider: Provider, now: datetime | None = None) -> tuple[int, int]:
    """Delete what was set aside TRASH_DAYS ago; return how many objects and bytes."""
    before = (now or clock.now()) - timedelta(days=current_settings().trash_days)
    count, size = 0, 0
    for page in provider.list(QUARANTINE):
        due = [one for one in page if is_due(one.key, before)]
        if due:
            provider.delete([one.key for one in due])
            count, size = count + len(due), size + sum(one.size_bytes for one in due)
            forget(provider.name, [one.key for one in due])
    return count, size


def is_due(key: str, before: datetime) -> bool:
    """Say whether what is aside was put there on a day that is over by `before`."""
    day = key.removeprefix(QUARANTINE).partition("/")[0]
    try:
        at = datetime.strptime(day, DAY).replace(tzinfo=UTC)
    except ValueError:  # not ours
        return False
    return at + timedelta(days=1) <= before


def forget(provider: str, places: Sequence[str]) -> None:
    """Close the findings of what was emptied."""
    statement = (
        sa.update(StorageFinding)
        .where(StorageFinding.provider == provider, StorageFinding.moved_to.in_(places))
        .values(state="gone", settled_at=clock.now())
    )
    with installation(), transaction():
        db.session.execute(statement)
