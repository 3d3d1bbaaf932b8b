"""Keys: one living job for a key, whoever sends it and however often.

A key belongs to the newest job that took it, in one company and for one job name, and is free as soon as that
job has ended in whatever way. A lost worker frees it too, because the lease sees to it that its job ends.
"""

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.core.jobs.model import Job, job_keys

TRIES = 20


class Dedupe(StrEnum):
    """What becomes of a job whose key is held by a living one."""

    DROP = "drop"  # it is not queued; the id of the holder is returned
    REPLACE = "replace"  # a waiting holder is cancelled; a running one is let end first
    AFTER = "after"  # it runs when the holder has ended


def spell(name: str, key: str) -> str:
    """Return a key as it is stored: the same word for two kinds of job is two keys."""
    return f"{name}:{key}"


def take_free(job: Job, *, lock: bool) -> str | None:
    """Take the job's key if it is free.

    Args:
        job: Not yet written.
        lock: Keep a holder from ending before this transaction does.

    Returns:
        The id of who holds the key; None when the job holds it now.
    """
    assert job.dedupe_key is not None  # noqa: S101 (the caller asked for a key)
    stored = spell(job.name, job.dedupe_key)
    values = {"company_id": job.company_id, "key": stored, "job_id": job.id}
    for _ in range(TRIES):
        taken = db.session.execute(insert(job_keys).values(values).on_conflict_do_nothing().returning(job_keys.c.key))
        if taken.first() is not None:
            return None
        # Locked in the order of who ends a job: first its row, then its key. So the key is looked at again.
        holder = _holder(stored)
        if holder is None:
            continue
        if not lock:
            return holder
        db.session.execute(sa.select(Job.id).where(Job.id == holder).with_for_update())
        if _holder(stored) == holder:
            return holder
    raise RuntimeError(f"key {stored!r} changed hands {TRIES} times while it was asked for")


def hand_over(job: Job) -> None:
    """Give the key to a newer job; the caller holds the lock on the one before."""
    assert job.dedupe_key is not None  # noqa: S101 (as above)
    stored = spell(job.name, job.dedupe_key)
    db.session.execute(sa.update(job_keys).where(job_keys.c.key == stored).values(job_id=job.id))


def let_go(job: Job) -> None:
    """Free the key of a job that has ended, unless a newer one took it over."""
    if job.dedupe_key is not None:
        stored = spell(job.name, job.dedupe_key)
        db.session.execute(sa.delete(job_keys).where(job_keys.c.key == stored, job_keys.c.job_id == job.id))


def _holder(stored: str) -> str | None:
    return db.session.scalar(sa.select(job_keys.c.job_id).where(job_keys.c.key == stored))
