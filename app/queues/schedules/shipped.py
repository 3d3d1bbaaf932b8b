"""The schedules that come with the product. They are made once; from then on people may change and pause them."""

from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.context import SYSTEM_ACTOR
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.queues.schedules.models import Schedule, ScheduleScope
from app.queues.schedules.offers import offer
from app.queues.schedules.times import next_time
from config import Settings

HOUR_S, DAY_S = 3600, 86_400
NO_PLACE = "A backup needs a place to be kept. Resume it when storage is set up."
INSTALLATION, EACH_COMPANY = ScheduleScope.INSTALLATION, ScheduleScope.EACH_COMPANY


@dataclass(frozen=True)
class Shipped:
    """One of them.

    Attributes:
        paused: Why it does not run until somebody wants it to; "" for one that runs.
    """

    key: str
    title: str
    job: str
    cron: str
    scope: ScheduleScope
    grace_s: int = HOUR_S
    args: dict[str, Any] = field(default_factory=dict)
    paused: str = ""


SHIPPED = (
    Shipped("cleanup", "Clean up old files and jobs", "cleanup.run", "0 2 * * *", INSTALLATION, 12 * HOUR_S),
    Shipped(
        "hourly-report", "Hourly sales report", "reports.make", "0 * * * *", EACH_COMPANY,
        args={"kind": "sales", "period": "last-hour"},
    ),
    Shipped("feeds", "Orders from partners' feeds", "feeds.sync", "*/10 * * * *", EACH_COMPANY, 600),
    Shipped("reminders", "Reminders of late orders", "notifications.remind_late_orders", "0 9 * * 1-5", EACH_COMPANY, 6 * HOUR_S),
    Shipped("daily-figures", "Daily figures for the overview", "analytics.roll_up", "15 0 * * *", EACH_COMPANY, DAY_S),
    Shipped("forecasts", "Forecasts of demand", "forecasts.make", "30 1 * * *", EACH_COMPANY, DAY_S),
    Shipped("reorder-points", "Reorder points from the forecast", "forecasts.maintain", "30 3 * * *", EACH_COMPANY, DAY_S),
    Shipped("maintenance", "Upkeep of flags and tables", "maintenance.run", "30 4 * * *", INSTALLATION, DAY_S),
    Shipped("index-advice", "Look for indexes", "queries.advise", "15 5 * * *", INSTALLATION, DAY_S),
    Shipped("storage-clean", "Unfinished uploads taken back", "storage.clean", "15 2 * * *", INSTALLATION, 12 * HOUR_S),
    Shipped("storage-check", "Files compared with their records", "storage.reconcile", "30 2 * * *", INSTALLATION, 12 * HOUR_S),
    Shipped("storage-scrub", "Digests of files read again", "storage.scrub", "45 3 * * *", INSTALLATION, 12 * HOUR_S),
    Shipped("backup", "Nightly backup", "backups.make", "0 3 * * *", INSTALLATION, 12 * HOUR_S, paused=NO_PLACE),
    Shipped(
        "backup-drill", "Weekly drill: restore the newest backup", "backups.drill", "0 5 * * SUN", INSTALLATION, DAY_S,
        paused=NO_PLACE,
    ),
)  # fmt: skip


def offer_shipped() -> None:
    """Let people schedule these jobs for others than the shipped times."""
    for one in SHIPPED:
        offer(one.job, one.scope)


def make_shipped() -> int:
    """Write those that are not there yet; return how many. What people changed stays as it is."""
    settings: Settings = current_app.config["SETTINGS"]
    with installation(), transaction():
        statement = insert(Schedule).values([_row(one, settings.default_timezone) for one in SHIPPED])
        made = statement.on_conflict_do_nothing(index_elements=["company_id", "key"]).returning(Schedule.id)
        return len(db.session.scalars(made).all())


def _row(one: Shipped, timezone: str) -> dict[str, Any]:
    return {
        "company_id": installation_id(), "id": new_ulid(), "key": one.key, "title": one.title, "job": one.job,
        "args": one.args, "cron": one.cron, "timezone": timezone, "scope": one.scope.value, "grace_s": one.grace_s,
        "next_at": next_time(one.cron, timezone, clock.now()), "is_paused": bool(one.paused),
        "paused_reason": one.paused, "paused_by": SYSTEM_ACTOR if one.paused else {},
    }  # fmt: skip
