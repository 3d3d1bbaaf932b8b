"""The tables of mailings."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

INSTANT = sa.DateTime(timezone=True)


class RecipientState(StrEnum):
    """Where one address stands. `unsure`: the worker was lost while handing over, so it may have arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"


class Mailing(Model):
    """One letter to one or many."""

    __tablename__ = "mailings"
    __table_args__ = (sa.ForeignKeyConstraint(["company_id"], ["companies.id"]), sa.Index("ix_mailings_id", "id"))

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    subject: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


class Recipient(Model):
    """One address of a mailing, and what the mail server said about it."""

    __tablename__ = "mail_recipients"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["company_id", "mailing_id"], ["mailings.company_id", "mailings.id"]),
        sa.CheckConstraint("state IN ('waiting','sending','sent','refused','unsure')", name="state"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    mailing_id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    address: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    state: Mapped[str] = mapped_column(sa.Text, default=RecipientState.WAITING.value, server_default="waiting")
    answer: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    tries: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    tried_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
