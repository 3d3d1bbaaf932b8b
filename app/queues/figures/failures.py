"""Failed jobs that are alike, gathered by what was raised and where."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.installation import installation_id
from app.core.jobs import EVERYBODY, permission_of
from app.core.outbox import record
from app.core.tenancy import current_company_id, platform_reads
from app.queues.figures.events import FailuresMuted
from app.queues.figures.models import FailureGroup
from app.queues.figures.sums import WINDOWS, source, span_of, values_of

MOST = 100


@dataclass(frozen=True)
class FailureFigures:
    """Failures with one signature.

    Attributes:
        count: Jobs given up in the window; `total` ever.
        first_release: The release that had it first; `last_release` the one that had it last.
        companies: How many it met in the window; 1 inside a company.
        last_job_id: A job to look at.
    """

    signature: str
    name: str
    queue: str
    error_type: str
    error: str
    count: int
    total: int
    first_seen: datetime
    last_seen: datetime
    first_release: str
    last_release: str
    last_job_id: str
    companies: int
    muted_until: datetime | None

    @property
    def is_muted(self) -> bool:
        """True while somebody does not want to see it."""
        return self.muted_until is not None and self.muted_until > clock.now()


def failure_groups(
    window: str = "1h", *, queue: str | None = None, name: str | None = None, muted: bool = False,
    limit: int = MOST, allowed: Collection[str] = EVERYBODY,
) -> list[FailureFigures]:  # fmt: skip
    """Return what failed in a window, most jobs first; inside the installation over all companies.

    Args:
        window: A name of `sums.WINDOWS`.
        queue: Only of this queue.
        name: Only of jobs of this name.
        muted: Those that somebody muted, instead of the others.
        limit: The longest list to return.
        allowed: The reader's permissions.
    """
    since, now = span_of(WINDOWS[window]).since, clock.now()
    is_muted = sa.and_(FailureGroup.muted_until.is_not(None), FailureGroup.muted_until > now)
    statement = (
        sa.select(FailureGroup)
        .where(FailureGroup.company_id == current_company_id(), FailureGroup.last_seen >= since)
        .where(is_muted if muted else sa.not_(is_muted))
        .order_by(FailureGroup.last_seen.desc())
        .limit(MOST * 10)
    )
    for column, wanted in ((FailureGroup.queue, queue), (FailureGroup.name, name)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    groups = [one for one in db.session.scalars(statement) if permission_of(one.name) in allowed]
    counts = _counts(window)
    groups.sort(key=lambda one: (-counts.get(one.signature, 0), -one.last_seen.timestamp()))
    shown = groups[:limit]
    met = _companies([one.signature for one in shown], since)
    return [_figures(one, counts.get(one.signature, 0), met.get(one.signature, 1)) for one in shown]


def find_group(signature: str, window: str = "1h", allowed: Collection[str] = EVERYBODY) -> FailureFigures:
    """Return one group, whenever it was last seen.

    Raises:
        NotFound: No job here failed so, or it is not theirs to see.
    """
    one = db.session.get(FailureGroup, (current_company_id(), signature))
    if one is None or permission_of(one.name) not in allowed:
        raise NotFound
    since = span_of(WINDOWS[window]).since
    return _figures(one, _counts(window).get(signature, 0), _companies([signature], since).get(signature, 1))


def mute(signature: str, until: datetime | None, allowed: Collection[str] = EVERYBODY) -> None:
    """Leave failures with a signature out of lists until then; None shows them again.

    Raises:
        NotFound: No job here failed so, or it is not theirs to see.
    """
    with transaction():
        one = db.session.get(FailureGroup, (current_company_id(), signature), with_for_update=True)
        if one is None or permission_of(one.name) not in allowed:
            raise NotFound
        one.muted_until = until
        record(FailuresMuted(signature=signature, name=one.name, error_type=one.error_type, until=until))


def _counts(window: str) -> dict[str, int]:
    """Return failed jobs by signature."""
    span = span_of(WINDOWS[window])
    statement = sa.text(
        f"SELECT f.key, sum(f.value::bigint)::bigint AS n FROM {source('failures')} r "
        "CROSS JOIN LATERAL jsonb_each_text(r.failures) f WHERE r.failures <> '{}' GROUP BY f.key"
    )
    return {row.key: row.n for row in db.session.execute(statement, values_of(span))}


def _companies(signatures: Sequence[str], since: datetime) -> dict[str, int]:
    """Return how many companies each met. Only the installation asks beyond itself."""
    here = current_company_id()
    if here != installation_id() or not signatures:
        return {}
    statement = (
        sa.select(FailureGroup.signature, sa.func.count().label("n"))
        .where(FailureGroup.signature.in_(signatures), FailureGroup.last_seen >= since, FailureGroup.company_id != here)
        .group_by(FailureGroup.signature)
    )
    with platform_reads():
        return {row.signature: row.n for row in db.session.execute(statement)}


def _figures(one: FailureGroup, count: int, companies: int) -> FailureFigures:
    return FailureFigures(
        one.signature, one.name, one.queue, one.error_type, one.error, count, one.total, one.first_seen, one.last_seen,
        one.first_release, one.last_release, one.last_job_id, companies, one.muted_until,
    )  # fmt: skip
