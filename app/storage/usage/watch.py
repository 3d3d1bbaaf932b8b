"""The relay's looks at quotas: who passed a soft limit, and when each quota will be full."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from app.core import clock
from app.core.access import Role
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.outbox import record
from app.core.present import format_bytes
from app.core.tasks import JobQueuesOff
from app.core.tenancy import acting_for, system_work
from app.notifications.service import notify
from app.storage.usage import days
from app.storage.usage.events import QuotaNear
from app.storage.usage.limits import find_quota

SOFT_EVERY_S, FORECAST_EVERY_S = 30.0, 600.0
BATCH = 500
CLEAR_SHARE = 0.95  # so that somebody who moves around the limit is not told again and again
CROSSED = sa.text(
    """
    SELECT q.company_id, q.category, u.used, q.soft_bytes, q.warned_at IS NULL AS is_new
    FROM storage_quotas AS q CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.bytes), 0) AS used FROM storage_counts AS c
      WHERE c.company_id = q.company_id AND (q.category = '' OR c.category = q.category)
    ) AS u
    WHERE q.soft_bytes IS NOT NULL AND (
      (q.warned_at IS NULL AND u.used > q.soft_bytes) OR (q.warned_at IS NOT NULL AND u.used <= q.soft_bytes * :clear)
    ) ORDER BY q.company_id, q.category LIMIT :most
    """
)
LIMITED = sa.text(
    "SELECT q.company_id, q.hard_bytes, coalesce(t.bytes, 0) AS bytes FROM storage_quotas AS q "
    "LEFT JOIN storage_totals AS t ON t.company_id = q.company_id "
    "WHERE q.category = '' AND q.hard_bytes IS NOT NULL AND q.company_id > :after ORDER BY q.company_id LIMIT :most"
)
FORGET = sa.text(
    "UPDATE storage_totals SET full_on = NULL WHERE full_on IS NOT NULL AND NOT EXISTS (SELECT FROM storage_quotas AS q "
    "WHERE q.company_id = storage_totals.company_id AND q.category = '' AND q.hard_bytes IS NOT NULL)"
)
EXPECT = sa.text(
    "UPDATE storage_totals AS t SET full_on = new.on_day FROM unnest(:companies, :days) AS new (id, on_day) "
    "WHERE t.company_id = new.id AND t.full_on IS DISTINCT FROM new.on_day"
).bindparams(
    sa.bindparam("companies", type_=sa.ARRAY(sa.BigInteger)), sa.bindparam("days", type_=sa.ARRAY(sa.Date))
)  # fmt: skip


def warn_near() -> int:
    """Tell the admins of companies that passed a soft limit, once each time; return how many that were."""
    with system_work():
        found = db.session.execute(CROSSED, {"clear": CLEAR_SHARE, "most": BATCH}).all()
    told = 0
    for row in found:
        with acting_for(CompanyId(row.company_id)), acting_as(SYSTEM_ACTOR), transaction():
            told += _mark(row.category, int(row.used), is_new=row.is_new)
    return told


def _mark(category: str, used: int, *, is_new: bool) -> bool:
    """Note a crossing and tell of it, or that it is over; another relay may have done it."""
    quota = find_quota(category)
    if quota is None or quota.soft_bytes is None or (quota.warned_at is None) != is_new:
        return False
    quota.warned_at = clock.now() if is_new else None
    if not is_new:
        return False
    record(QuotaNear(category=category, used_bytes=used, soft_bytes=quota.soft_bytes, hard_bytes=quota.hard_bytes))
    what = f"The folder {category}" if category else "Storage"
    text = f"{what} is above its soft limit: {format_bytes(used)} of {format_bytes(quota.soft_bytes)}."
    with suppress(JobQueuesOff):  # the page says it, too
        notify("quota-near", text, link="/storage", roles=[Role.COMPANY_ADMIN.value], key=f"quota-near {category}")
    return True


def forecast() -> int:
    """Write down when each company's quota will be full, for the list that is sorted by it; return how many have one."""
    today, after, seen = clock.now().date(), 0, 0
    with system_work():
        with transaction() as session:
            session.execute(FORGET)
        while rows := db.session.execute(LIMITED, {"after": after, "most": BATCH}).all():
            with transaction() as session:
                session.execute(EXPECT, _expected(rows, today))
            after, seen = rows[-1].company_id, seen + len(rows)
    return seen


def _expected(rows: Sequence[sa.Row[Any]], today: date) -> dict[str, list[object]]:
    used = {row.company_id: int(row.bytes) for row in rows}
    lines = days.lines(used, today)
    found: list[object] = []
    for row in rows:
        look = days.outlook(lines[row.company_id], used[row.company_id], row.hard_bytes)
        is_known = look.state in {"soon", "full"}
        found.append(today + timedelta(days=look.days) if is_known else None)
    return {"companies": list(used), "days": found}
