"""Stored files: the row comes first, the bytes after; and what they are attached to."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid
from app.storage.states import Category, ProviderName, State, Visibility

INSTANT = sa.DateTime(timezone=True)


def one_of(column: str, values: type[Category | State | ProviderName | Visibility]) -> str:
    """Return the rule that a column holds one of some words."""
    return f"{column} IN ({','.join(repr(one.value) for one in values)})"


class StoredFile(Model):
    """One file of a company.

    Attributes:
        key: Where its bytes are, at any provider: `{company}/{category}/{aa}/{random}`. It never changes, and nothing
            is ever written over it.
        provider: Which provider's bytes are served.
        mirror: A second provider that gets a copy; "" for none. `mirrored_at` says when it had it.
        visibility: Public files are served to anybody who knows the address.
        file_name: As people see it; never part of a path.
        content_type: What the bytes are; while pending, what the sender said.
        size_bytes: While pending, what the sender said: it is reserved.
        sha256: Lower-case hex; "" while nobody knows it.
        etag: As the provider told it, without quotes.
        upload_id: Of a multipart upload in the making, at the provider; "" for none.
        part_bytes: How large the parts of that upload are; 0 for none.
        parent_id: The file this one was made of: a thumbnail of a picture.
        variant: Which one of its parent: `thumb-256`; "" for a file of its own.
        subject: What it belongs to: `report:01J…`, `item:FRAME-1`; "" for nothing.
        about: What was found in it: pages, pixels, the first lines; what a scanner said.
        expires_at: A pending file is reaped after it; a file in temp is trashed after it.
        purge_at: A trashed or refused file is deleted after it.
        held_at: Since when it must not be deleted (legal hold), with `hold_reason`.
        checked_at: When its digest was last read again at the provider.
        tries, not_before: How often deleting failed, and when to try again.
    """

    __tablename__ = "stored_files"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.CheckConstraint(one_of("state", State), name="state"),
        sa.CheckConstraint(one_of("category", Category), name="category"),
        sa.CheckConstraint(one_of("provider", ProviderName), name="provider"),
        sa.CheckConstraint(one_of("visibility", Visibility), name="visibility"),
        sa.CheckConstraint("size_bytes >= 0", name="size_bytes"),
        sa.CheckConstraint("held_at IS NULL OR state <> 'deleting'", name="hold"),
        # What was made of a file goes with it.
        sa.Index("ix_stored_files_parent", "company_id", "parent_id", postgresql_where=sa.text("parent_id IS NOT NULL")),
        # Lists: newest first, and by folder; variants are not listed.
        sa.Index("ix_stored_files_newest", "company_id", "id", postgresql_where=sa.text("parent_id IS NULL")),
        sa.Index(
            "ix_stored_files_category", "company_id", "category", "id", postgresql_where=sa.text("parent_id IS NULL")
        ),
        sa.Index(
            "ix_stored_files_size", "company_id", "size_bytes", "id", postgresql_where=sa.text("parent_id IS NULL")
        ),
        sa.Index("ix_stored_files_subject", "company_id", "subject", postgresql_where=sa.text("subject <> ''")),
        sa.Index(
            "ix_stored_files_type", "company_id", "content_type", "id", postgresql_where=sa.text("parent_id IS NULL")
        ),
        sa.Index(
            "ix_stored_files_digest", "company_id", "sha256",
            postgresql_where=sa.text("parent_id IS NULL AND sha256 <> ''"),
        ),
        sa.Index(
            "ix_stored_files_apart", "company_id", "state", "id",
            postgresql_where=sa.text("parent_id IS NULL AND state <> 'ready'"),
        ),
        sa.Index("ix_stored_files_held", "company_id", "id", postgresql_where=sa.text("held_at IS NOT NULL")),
        # Over all companies: what is due, what moves, what was not looked at for long.
        sa.Index(
            "ix_stored_files_expires", "expires_at",
            postgresql_where=sa.text("expires_at IS NOT NULL AND state IN ('pending','uploaded','scanning','ready')"),
        ),
        sa.Index("ix_stored_files_purge", "purge_at", postgresql_where=sa.text("state IN ('trashed','refused')")),
        sa.Index("ix_stored_files_deleting", "not_before", postgresql_where=sa.text("state = 'deleting'")),
        sa.Index("ix_stored_files_provider", "provider", "id"),
        sa.Index("ix_stored_files_behind", "id", postgresql_where=sa.text("mirror <> '' AND mirrored_at IS NULL")),
        sa.Index("ix_stored_files_checked", "checked_at", "id", postgresql_where=sa.text("state = 'ready'")),
    )  # fmt: skip

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    key: Mapped[str] = mapped_column(sa.Text)
    category: Mapped[str] = mapped_column(sa.Text)
    provider: Mapped[str] = mapped_column(sa.Text)
    mirror: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    mirrored_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    state: Mapped[str] = mapped_column(sa.Text, default="pending", server_default="pending")
    visibility: Mapped[str] = mapped_column(sa.Text, default="private", server_default="private")
    file_name: Mapped[str] = mapped_column(sa.Text)
    content_type: Mapped[str] = mapped_column(sa.Text)
    size_bytes: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    etag: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    upload_id: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    part_bytes: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    parent_id: Mapped[str | None] = mapped_column(sa.Text, default=None)
    variant: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    subject: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    about: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    actor: Mapped[dict[str, Any]] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    expires_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    ready_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    trashed_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    purge_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    held_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    hold_reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    checked_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    not_before: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")


sa.Index(
    "ix_stored_files_name", StoredFile.company_id, sa.func.lower(StoredFile.file_name).label("name"),
    postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}, postgresql_where=StoredFile.parent_id.is_(None),
)  # fmt: skip
