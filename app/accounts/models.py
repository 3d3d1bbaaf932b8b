"""Companies, people and their credentials. No secret is kept: passwords as argon2id, the rest as SHA-256."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.access import Role
from app.core.db import Base, Model
from app.core.ids import CompanyId, UserId, new_ulid

JSON = dict[str, Any]
INSTANT = sa.DateTime(timezone=True)
COMPANY_TYPES = ("platform", "practice", "lab", "supplier", "retailer")
ROLES_SQL = "role IN ('platform_admin','company_admin','staff','viewer')"


class RoleText(sa.TypeDecorator[Role]):
    """A role as text; the CHECK holds the values, so that row-level security can still use an index."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Role | None, dialect: sa.Dialect) -> str | None:
        """Return what is stored."""
        return None if value is None else Role(value).value

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Role | None:
        """Return the role of a stored text."""
        return None if value is None else Role(value)


def created() -> Mapped[datetime]:
    """A column that says when the row was made."""
    return mapped_column(INSTANT, default_factory=clock.now, server_default=sa.func.now())


def belongs_to_user() -> list[sa.Constraint]:
    """The composite foreign key to the person, which holds the company too."""
    return [
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.ForeignKeyConstraint(["company_id", "user_id"], ["users.company_id", "users.id"]),
    ]


class Company(Model):
    """A tenant. The one of type `platform` holds the platform admins and no goods."""

    __tablename__ = "companies"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        sa.UniqueConstraint("public_id"),
        sa.CheckConstraint("type IN ('platform','practice','lab','supplier','retailer')", name="type"),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: Mapped[CompanyId] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True, init=False)
    public_id: Mapped[str] = mapped_column(sa.Text, default_factory=new_ulid)
    slug: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    type: Mapped[str] = mapped_column(sa.Text)
    currency: Mapped[str] = mapped_column(sa.Text, default="GBP", server_default="GBP")
    timezone: Mapped[str] = mapped_column(sa.Text, default="Europe/London", server_default="Europe/London")
    settings: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    created_at: Mapped[datetime] = created()


class User(Model):
    """A person of one company."""

    __tablename__ = "users"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "id"),
        sa.UniqueConstraint("public_id"),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"]),
        sa.Index("uq_users_email", sa.text("lower(email)"), unique=True),
        sa.CheckConstraint(ROLES_SQL, name="role"),
    )

    id: Mapped[UserId] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True, init=False)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger)
    public_id: Mapped[str] = mapped_column(sa.Text, default_factory=new_ulid)
    email: Mapped[str] = mapped_column(sa.Text)
    name: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[Role] = mapped_column(RoleText)
    password_hash: Mapped[str | None] = mapped_column(sa.Text, default=None)
    is_active: Mapped[bool] = mapped_column(sa.Boolean, default=True, server_default=sa.true())
    preferences: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    totp_secret: Mapped[str | None] = mapped_column(sa.Text, default=None)
    totp_last_step: Mapped[int | None] = mapped_column(sa.BigInteger, default=None)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    last_seen_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    created_at: Mapped[datetime] = created()


class Session(Model):
    """A signed-in browser: the truth that Valkey caches."""

    __tablename__ = "sessions"
    __table_args__ = (
        sa.UniqueConstraint("hash"),
        sa.ForeignKeyConstraint(["acting_company_id"], ["companies.id"]),
        sa.Index("ix_sessions_company_id_user_id_id", "company_id", "user_id", "id"),
        sa.Index("ix_sessions_company_id_id", "company_id", "id"),
        *belongs_to_user(),
    )

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger)
    user_id: Mapped[UserId] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    data: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    acting_company_id: Mapped[CompanyId | None] = mapped_column(sa.BigInteger, default=None)
    second_factor: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    user_agent: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    ip: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    idle_s: Mapped[int] = mapped_column(sa.Integer)
    created_at: Mapped[datetime] = created()
    last_seen_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    revoked_reason: Mapped[str | None] = mapped_column(sa.Text, default=None)


class ApiToken(Model):
    """A script's key. `scopes` None means all that its person's role may."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        sa.UniqueConstraint("hash"),
        sa.CheckConstraint("limit_per_min > 0", name="limit_per_min"),
        sa.Index("ix_api_tokens_company_id_id", "company_id", "id"),
        sa.Index("ix_api_tokens_company_id_user_id", "company_id", "user_id"),
        *belongs_to_user(),
    )

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger)
    user_id: Mapped[UserId] = mapped_column(sa.BigInteger)
    name: Mapped[str] = mapped_column(sa.Text)
    prefix: Mapped[str] = mapped_column(sa.Text)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(sa.Text), default=None)
    limit_per_min: Mapped[int | None] = mapped_column(sa.Integer, default=None)
    created_at: Mapped[datetime] = created()
    last_used_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    expires_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    revoked_reason: Mapped[str | None] = mapped_column(sa.Text, default=None)


class Invitation(Model):
    """A mailed link that makes an account. The hash is written when the mail is."""

    __tablename__ = "invitations"
    __table_args__ = (
        sa.UniqueConstraint("hash"),
        sa.CheckConstraint(ROLES_SQL, name="role"),
        sa.Index("ix_invitations_company_id_id", "company_id", "id"),
        *belongs_to_user(),
    )

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger)
    user_id: Mapped[UserId | None] = mapped_column(
        sa.BigInteger, comment="Who invited; none when a platform admin did."
    )
    email: Mapped[str] = mapped_column(sa.Text)
    role: Mapped[Role] = mapped_column(RoleText)
    hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary, default=None)
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    accepted_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class PasswordReset(Model):
    """A mailed link that sets a new password, once."""

    __tablename__ = "password_resets"
    __table_args__ = (
        sa.UniqueConstraint("hash"),
        sa.Index("ix_password_resets_company_id_user_id", "company_id", "user_id"),
        *belongs_to_user(),
    )

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid)
    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger)
    user_id: Mapped[UserId] = mapped_column(sa.BigInteger)
    hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary, default=None)
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    used_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class RecoveryCode(Model):
    """A code that stands in for a lost phone, once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (*belongs_to_user(),)

    company_id: Mapped[CompanyId] = mapped_column(sa.BigInteger, primary_key=True)
    user_id: Mapped[UserId] = mapped_column(sa.BigInteger, primary_key=True)
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


login_attempts = sa.Table(
    "login_attempts",
    Base.metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("failed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("at", INSTANT, nullable=False, server_default=sa.func.now(), index=True),
    sa.Index("ix_login_attempts_key_at", "key", "at"),
)
used_tickets = sa.Table(
    "used_tickets",
    Base.metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("expires_at", INSTANT, nullable=False),
)
