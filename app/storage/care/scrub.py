"""Digests read again: those not looked at for longest first, so that every file has its turn."""

import math
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Problem
from app.core.installation import installation, installation_id
from app.core.present import format_bytes, plural
from app.core.running import progress
from app.core.setting import current_settings
from app.core.tenancy import platform_reads, system_work
from app.storage import providers
from app.storage.adapters.protocol import ObjectMissing, Provider, StorageError
from app.storage.care import checks, findings, healing
from app.storage.care.findings import Finding
from app.storage.migrating.copying import digest_of
from app.storage.models import StorageCheck, StoredFile, UsageCount
from app.storage.states import State

MOST = 50_000


def scrub(name: str, *, percent: float | None = None, job_id: str = "") -> StorageCheck:
    """Read a share of a provider's files again and compare their digests.

    Args:
        name: The provider.
        percent: Of its ready files; None for SCRUB_PERCENT.
        job_id: The job that does it.

    Raises:
        StorageError: The provider went away on the way; what was read is kept, the next run goes on from there.
    """
    provider = providers.provider(name)
    check = checks.begin("scrub", name, job_id)
    rows = oldest(name, how_many(name, current_settings().scrub_percent if percent is None else percent))
    figures: dict[str, Any] = {"files": 0, "bytes": 0, "wrong": 0, "missing": 0, "healed": 0, "unknown": 0}
    try:
        for row in rows:
            look_at(provider, row, check.id, figures)
            progress(figures["files"], len(rows), f"{format_bytes(figures['bytes'])} read")
    except (StorageError, Problem) as error:
        checks.end(check.id, "bad", f"It was not finished: {type(error).__name__}: {error}", figures)
        raise
    return checks.end(check.id, *judge(figures), figures)


def how_many(name: str, percent: float) -> int:
    """Return how many files are a share of those of a provider; the counters know without counting."""
    query = sa.select(sa.func.coalesce(sa.func.sum(UsageCount.files), 0)).where(
        UsageCount.provider == name, UsageCount.kind == "live"
    )
    with platform_reads():
        return share_of(int(db.session.execute(query).scalar_one()), percent)


def share_of(files: int, percent: float) -> int:
    """Return how many files a share of so many is: at least the share, at most what one run reads."""
    return min(MOST, math.ceil(round(files * percent / 100, 6)))  # two of eleven files are 2.0000000000000004


def oldest(name: str, count: int) -> Sequence[StoredFile]:
    """Return the ready files of a provider never looked at, then those looked at longest ago."""
    ready = sa.select(StoredFile).where(StoredFile.state == State.READY, StoredFile.provider == name).limit(count)
    with platform_reads():
        never = list(db.session.scalars(ready.where(StoredFile.checked_at.is_(None)).order_by(StoredFile.id)))
        if len(never) < count:
            longest = ready.where(StoredFile.checked_at.is_not(None)).order_by(StoredFile.checked_at, StoredFile.id)
            never += list(db.session.scalars(longest.limit(count - len(never))))
    return never


def look_at(provider: Provider, row: StoredFile, check_id: str, figures: dict[str, Any]) -> None:
    """Read one file, compare it, and bring it back from the mirror when it is wrong."""
    figures["files"] += 1
    try:
        digest, size = digest_of(provider, row.key, healing.free)
    except ObjectMissing:
        if healing.row_of(row.key) is not None:
            _tell(provider, row, check_id, "missing", "A record without its object")
            figures["missing"] += 1
            figures["healed"] += healing.bring_back(provider, row.key)
        return
    figures["bytes"] += size
    if not row.sha256:  # of the time before digests were kept: this one is the first
        figures["unknown"] += 1
        _note(row, sha256=digest)
    elif digest == row.sha256:
        _note(row)
    else:
        _tell(provider, row, check_id, "digest", f"It reads {digest[:16]}…, the record says {row.sha256[:16]}…")
        figures["wrong"] += 1
        figures["healed"] += healing.replace_wrong(provider, row.key, "digest")


def _tell(provider: Provider, row: StoredFile, check_id: str, kind: str, detail: str) -> None:
    with installation():
        found = Finding(kind, row.key, row.size_bytes, int(row.company_id), row.id, detail)
        findings.keep(installation_id(), check_id, provider.name, [found])


def _note(row: StoredFile, **more: object) -> None:
    statement = sa.update(StoredFile).where(StoredFile.id == row.id, StoredFile.company_id == row.company_id)
    with system_work(), transaction():
        db.session.execute(statement.values(checked_at=clock.now(), **more))


def judge(figures: dict[str, Any]) -> tuple[str, str]:
    """Return verdict and sentence."""
    wrong = figures["wrong"] + figures["missing"]
    read = f"{plural(figures['files'], 'file')} read again, {format_bytes(figures['bytes'])}"
    if not wrong:
        return "good", f"{read}: every digest is right."
    if wrong == figures["healed"]:
        return "warn", f"{read}: {wrong} wrong, brought back from the mirror."
    return "bad", f"{read}: {wrong} wrong or missing, {figures['healed']} brought back from a mirror."
