"""Why jobs wait, as conditions for a list."""

import sqlalchemy as sa

from app.core import clock
from app.core.jobs import Job, holds, job_outbox
from app.core.jobs.rules import RULES
from app.core.tenancy import current_scope
from app.queues.filter import Waits
from app.queues.service import pauses

Condition = sa.ColumnElement[bool]
NO_COMPANY = 0  # only what holds for all companies
_companies = sa.table("companies", sa.column("id", sa.BigInteger), sa.column("slug", sa.Text))


def waits_for(reason: Waits, of: type[Job] = Job) -> Condition:
    """Return the condition under which a waiting job waits for this."""
    match reason:
        case Waits.LATER:
            return _living(of, job_outbox.c.phase == "waiting", job_outbox.c.due_at > clock.now())
        case Waits.BLOCKED:
            return _living(of, job_outbox.c.phase == "blocked")
        case Waits.HELD:
            return sa.and_(_is_held(of), _living(of, job_outbox.c.phase == "waiting"))


def _is_held(of: type[Job]) -> Condition:
    """What is held is known by kind, in memory; so the table is asked for kinds."""
    company_id = current_scope().company_id or NO_COMPANY
    names = [rules.name for rules in RULES.values() if holds.find_hold(holds.Kind(company_id, rules.name, rules.queue))]
    found: list[Condition] = [of.name.in_(names)] if names else []
    if company_id == NO_COMPANY:
        slugs = [pause.value for pause in pauses.list_pauses() if pause.kind == "company"]
        if slugs:
            found.append(of.company_id.in_(sa.select(_companies.c.id).where(_companies.c.slug.in_(slugs))))
    return sa.or_(*found) if found else sa.false()


def _living(of: type[Job], *conditions: Condition) -> Condition:
    same = (job_outbox.c.company_id == of.company_id, job_outbox.c.job_id == of.id)
    return sa.exists(sa.select(sa.literal(1)).select_from(job_outbox).where(*same, *conditions).correlate(of))
