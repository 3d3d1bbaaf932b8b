"""Schedules, what became of each time they were due, and the processes that look at them. All of the installation."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

JSON = dict[str, Any]  # Any: JSON
INSTANT = sa.DateTime(timezone=True)


class ScheduleScope(StrEnum):
    """Whom one firing is for."""

    INSTALLATION = "installation"
    EACH_COMPANY = "each-company"


class Outcome(StrEnum):
    """What became of one time a schedule was due."""

    FIRED = "fired"
    MISSED = "missed"
    SKIPPED = "skipped"


class Schedule(Model):
    """What runs by the clock.

    Attributes:
        key: Stable name of one that comes with the product; None for one that people made.
        scope: `installation`: one job of the installation; `each-company`: one job in every active company.
        paused_until: When a pause ends by itself; None for when somebody resumes.
        next_at: When it is due; a paused one keeps the instant that is next by its cron line.
        last_job_id: The job of its last firing, which belongs to the installation.
        grace_s: So late it still runs when nobody looked at the clock; later it is missed.
    """

    __tablename__ = "schedules"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "key"),
        sa.CheckConstraint("scope IN ('installation','each-company')", name="scope"),
        sa.CheckConstraint("grace_s >= 0", name="grace_s"),
        sa.Index("ix_schedules_company_id_next_at", "company_id", "next_at"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    key: Mapped[str | None] = mapped_column(sa.Text, default=None)
    title: Mapped[str] = mapped_column(sa.Text)
    job: Mapped[str] = mapped_column(sa.Text)
    args: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    cron: Mapped[str] = mapped_column(sa.Text)
    timezone: Mapped[str] = mapped_column(sa.Text)
    scope: Mapped[str] = mapped_column(sa.Text, default="installation", server_default="installation")
    grace_s: Mapped[int] = mapped_column(sa.Integer, default=3600, server_default="3600")
    next_at: Mapped[datetime] = mapped_column(INSTANT)
    is_paused: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    paused_reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    paused_by: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    paused_until: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    last_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    last_job_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


class ScheduleRun(Model):
    """One time a schedule was due, or was run by hand; several missed times in a row are one row.

    Attributes:
        due_at: When it was due; of several, the first.
        times: How many times this row stands for.
        is_by_hand: Somebody said: now.
        note: Why, in a sentence.
    """

    __tablename__ = "schedule_runs"
    __table_args__ = (
        sa.CheckConstraint("outcome IN ('fired','missed','skipped')", name="outcome"),
        sa.ForeignKeyConstraint(
            ["company_id", "schedule_id"], ["schedules.company_id", "schedules.id"], ondelete="CASCADE"
        ),
        sa.Index("ix_schedule_runs_company_id_schedule_id_id", "company_id", "schedule_id", "id"),
        sa.Index("ix_schedule_runs_missed", "company_id", "id", postgresql_where=sa.text("outcome = 'missed'")),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    schedule_id: Mapped[str] = mapped_column(sa.Text)
    due_at: Mapped[datetime] = mapped_column(INSTANT)
    at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    outcome: Mapped[str] = mapped_column(sa.Text)
    job_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    times: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")
    is_by_hand: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    note: Mapped[str] = mapped_column(sa.Text, default="", server_default="")


class Scheduler(Model):
    """A process that looks at the clock: the leading relay, and every `flask beat`.

    Attributes:
        ticked_at: When it last looked at every schedule and could write so.
        is_told: The alarm was given: it was the last one, and fell silent.
    """

    __tablename__ = "schedulers"

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    process: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    ticked_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    is_told: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
