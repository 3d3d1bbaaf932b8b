"""The company lens: whose jobs wait, run and fail, and who takes how much of the workers' time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.broker import QUEUES
from app.core.db import db
from app.core.ids import CompanyId
from app.core.installation import installation_id
from app.core.tenancy import current_company_id, platform_reads
from app.queues.figures.samples import age_s
from app.queues.figures.sums import WINDOWS, Span, Sum, add_up, span_of

MOST = 50
WAITING_BOUND = 1_000

# Along (queue, company): a bounded piece of each queue, so a flood of a million costs what a thousand does.
LIVE = sa.text(
    """
    SELECT c.id, coalesce(sum(w.n), 0)::bigint AS waiting, min(w.oldest) AS oldest, coalesce(sum(f.n), 0)::bigint AS running
    FROM unnest(CAST(:companies AS bigint[])) AS c(id) CROSS JOIN unnest(CAST(:queues AS text[])) AS q(queue)
    CROSS JOIN LATERAL (
      SELECT count(*) AS n, min(due_at) AS oldest
      FROM (SELECT due_at FROM job_outbox WHERE phase = 'waiting' AND queue = q.queue AND company_id = c.id
            AND due_at <= :now LIMIT :bound) first) w
    CROSS JOIN LATERAL (
      SELECT count(*) AS n
      FROM (SELECT 1 FROM job_outbox WHERE phase IN ('sent', 'running') AND queue = q.queue AND company_id = c.id
            LIMIT :bound) flying) f
    GROUP BY c.id
    """
)
WORKED = sa.text(
    """
    SELECT company_id, sum(queued)::bigint AS queued, sum(done)::bigint AS done, sum(failed)::bigint AS failed,
           sum(late)::bigint AS late, sum(ran_ms)::bigint AS ran_ms,
           sum(done + failed + retried + cancelled + lost)::bigint AS ended
    FROM (SELECT * FROM job_hours WHERE at >= :hours_since AND at < :hours_until AND company_id <> :installation
          UNION ALL SELECT * FROM job_minutes WHERE company_id <> :installation
          AND ((at >= :since AND at < :hours_since) OR (at >= :hours_until AND at < :until))) r
    GROUP BY company_id ORDER BY ran_ms DESC
    """
)
Found = dict[CompanyId, Any]  # Any: the row's columns


@dataclass(frozen=True)
class CompanyFigures:
    """One company's jobs over a window.

    Attributes:
        waiting: Due and not begun, counted to 1,000 a queue; `running` was sent or runs.
        oldest_s: How long one of those waits at least; None when none waits.
        ran_s: Worker time it took.
        share: Of all companies' worker time; None inside a company, whom the others' is no business of.
        kept: Share of its attempts that began within their queue's target; None without any.
    """

    company_id: CompanyId
    slug: str
    name: str
    waiting: int
    oldest_s: float | None
    running: int
    queued: int
    done: int
    failed: int
    ran_s: float
    share: float | None
    kept: float | None


def company_figures(window: str = "1h") -> list[CompanyFigures]:
    """Return what each company's jobs did, the most worker time first; those that did nothing are left out.

    Inside the installation of all companies, inside a company of that one alone.
    """
    span, here, now = span_of(WINDOWS[window]), current_company_id(), clock.now()
    if here != installation_id():
        live, names = _live([here], now), _names([here])
        return [_figures(here, names[here], {here: _own(span)}, live, None, now)]
    with platform_reads():
        worked = _worked(span)
        ids = list(worked)[:MOST]
        live, names = _live(ids, now), _names(ids)
    total_ms = sum(one.ran_ms for one in worked.values())
    return [_figures(one, names[one], worked, live, total_ms, now) for one in ids]


def _worked(span: Span) -> Found:
    values = {**span.__dict__, "installation": installation_id()}
    return {CompanyId(row.company_id): row for row in db.session.execute(WORKED, values)}


def _own(span: Span) -> Sum:
    return sum(add_up(["queue"], span, histograms=False).values(), Sum())


def _live(companies: list[CompanyId], now: datetime) -> Found:
    values = {"companies": companies, "queues": list(QUEUES), "now": now, "bound": WAITING_BOUND}
    return {CompanyId(row.id): row for row in db.session.execute(LIVE, values)}


def _names(companies: list[CompanyId]) -> Found:
    statement = sa.text("SELECT id, slug, name FROM companies WHERE id = ANY(:companies)")
    return {CompanyId(row.id): row for row in db.session.execute(statement, {"companies": companies})}


def _figures(
    whose: CompanyId, name: Any, worked: Found, live: Found, total_ms: int | None, now: datetime
) -> CompanyFigures:  # fmt: skip
    did, has = worked[whose], live[whose]
    return CompanyFigures(
        company_id=whose, slug=name.slug, name=name.name, waiting=has.waiting, oldest_s=age_s(has.oldest, now),
        running=has.running, queued=did.queued, done=did.done, failed=did.failed, ran_s=did.ran_ms / 1000,
        share=None if total_ms is None else did.ran_ms / max(total_ms, 1),
        kept=1 - did.late / did.ended if did.ended else None,
    )  # fmt: skip
