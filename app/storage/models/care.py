"""What checks found, and other people's buckets. All belong to the installation."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

INSTANT = sa.DateTime(timezone=True)


class StorageCheck(Model):
    """One look at a provider: rows against objects, digests read again, or the doctor's probes.

    Attributes:
        kind: `reconcile`, `scrub` or `doctor`.
        figures: What was looked at, and how many of each finding; of the doctor, its verdicts.
        verdict: `good`, `warn` or `bad`, with a sentence.
    """

    __tablename__ = "storage_checks"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('reconcile','scrub','doctor')", name="kind"),
        sa.Index(None, "company_id", "provider", "kind", "id"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    kind: Mapped[str] = mapped_column(sa.Text)
    provider: Mapped[str] = mapped_column(sa.Text)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    verdict: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    sentence: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    started_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class StorageFinding(Model):
    """One thing that is not as it should be.

    Attributes:
        kind: `orphan` (an object without a row), `missing` (a row without its object), `size`, `digest`.
        state: open, quarantined, repaired, ignored, gone (the next check did not find it any more).
        owner_id: The company whose key or row it is; none for a key that is nobody's.
        moved_to: Where a quarantined object is now.
    """

    __tablename__ = "storage_findings"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('orphan','missing','size','digest')", name="kind"),
        sa.CheckConstraint("state IN ('open','quarantined','repaired','ignored','gone')", name="state"),
        sa.UniqueConstraint("company_id", "provider", "key", "kind"),
        sa.Index(None, "company_id", "state", "id"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    check_id: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    provider: Mapped[str] = mapped_column(sa.Text)
    key: Mapped[str] = mapped_column(sa.Text)
    owner_id: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    file_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    detail: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    state: Mapped[str] = mapped_column(sa.Text, default="open", server_default="open")
    moved_to: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    found_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    settled_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class Connection(Model):
    """A bucket that somebody else runs, looked at and never written to.

    Attributes:
        kind: `s3`; more come with the kinds of systems.
        settings: Endpoint, region, bucket, profile, access key id; nothing secret.
        secret: The secret key, sealed (app/core/sealed.py).
        figures: Of the newest inventory scan: objects, bytes, by folder.
    """

    __tablename__ = "connections"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "name"),
        sa.CheckConstraint("kind IN ('s3')", name="kind"),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name="name"),
    )

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    kind: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    secret: Mapped[str] = mapped_column(sa.Text, default="", server_default="", repr=False)
    state: Mapped[str] = mapped_column(sa.Text, default="unknown", server_default="unknown")
    error: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    job_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    seen_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    scanned_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
