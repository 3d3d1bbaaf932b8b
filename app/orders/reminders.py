"""Reminding staff, once a day, of orders that should have left."""

from typing import Any

import sqlalchemy as sa

from app.core.access import Role
from app.core.db import db, transaction
from app.core.present import plural
from app.core.tasks import current_job_id, job
from app.notifications.service import News, send_news
from app.orders.models import Order
from app.orders.reads.conditions import view_conditions
from app.orders.reads.filter import View

BOUND = 1000
WHO = (Role.STAFF.value, Role.COMPANY_ADMIN.value)


@job(queue="notification", name="notifications.remind_late_orders")
def remind_of_late_orders() -> dict[str, Any]:
    """Tell the staff of this company how many orders are late; nobody hears anything when none is."""
    with transaction():
        some = sa.select(Order.number).where(*view_conditions(View.LATE)).limit(BOUND + 1).subquery()
        late = db.session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    if not late:
        return {"late": 0, "told": 0}
    many = (
        f"More than {BOUND:,} orders are" if late > BOUND else f"{plural(late, 'order')} {'is' if late == 1 else 'are'}"
    )
    told = send_news(News("late-orders", f"{many} late.", "/orders?view=late"), roles=WHO, job_id=current_job_id())
    return {"late": late, "told": told}
