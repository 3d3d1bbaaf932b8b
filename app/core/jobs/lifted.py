"""When a hold ends, the waits of what it held begin anew: nobody missed a target by what was held on purpose.

The relay, which looks at every queue many times a second, remembers which kinds it saw held. A hold that ends while
none leads is not noticed; then nothing was released either.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from app.core.db import db
from app.core.jobs.picking import Due, Waiting

_paused: set[str] = set()  # queues that were held as a whole
_held: dict[str, set[tuple[int, str]]] = defaultdict(set)

# Who is being released, claimed or cancelled at this moment is left alone.
BEGIN = sa.text(
    """
    WITH freed AS (
      SELECT job.company_id, job.job_id
      FROM unnest(CAST(:companies AS bigint[]), CAST(:names AS text[])) AS kind (company_id, name)
      JOIN job_outbox AS job ON job.phase = 'waiting' AND job.queue = :queue AND job.company_id = kind.company_id
        AND job.name = kind.name AND job.due_at < :now
      FOR UPDATE OF job SKIP LOCKED
    )
    UPDATE job_outbox AS row SET due_at = :now, queued_at = :now FROM freed
    WHERE row.company_id = freed.company_id AND row.job_id = freed.job_id
    """
)
BEGIN_PROBES = sa.text("UPDATE job_outbox SET queued_at = :now WHERE job_id = ANY(CAST(:jobs AS text[]))")


def note_paused(queue: str) -> None:
    """Remember that a whole queue is held."""
    _paused.add(queue)


def follow(queue: str, kinds: Iterable[Waiting], free: Iterable[Waiting], now: datetime) -> None:
    """Remember what is held of a queue, and let the waits begin of what no longer is. In the release's transaction."""
    flowing = {(kind.company_id, kind.name) for kind in free}
    known = _held[queue]
    freed = sorted(flowing if queue in _paused else flowing & known)
    _paused.discard(queue)
    _held[queue] = {(kind.company_id, kind.name) for kind in kinds} - flowing
    if freed:
        values = {"companies": [company for company, _ in freed], "names": [name for _, name in freed]}
        db.session.execute(BEGIN, {**values, "queue": queue, "now": now})


def begin_probes(chosen: Iterable[Due], now: datetime) -> None:
    """Let the wait begin of jobs that try whether what held them works again."""
    jobs = [one.job_id for one in chosen]
    if jobs:
        db.session.execute(BEGIN_PROBES, {"jobs": jobs, "now": now})
