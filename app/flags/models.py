"""Flags as they are kept. Rows belong to the installation: company_id is the platform company's."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Model
from app.core.ids import CompanyId, new_ulid

JSON = dict[str, Any]  # Any: JSON
INSTANT = sa.DateTime(timezone=True)
NOW = sa.func.now()


def company() -> Mapped[CompanyId]:
    """The column every policy compares."""
    return mapped_column(sa.BigInteger, primary_key=True)


def of_company() -> sa.Constraint:
    """The key to the company."""
    return sa.ForeignKeyConstraint(["company_id"], ["companies.id"])


def of_flag() -> sa.Constraint:
    """The key to the flag, which holds the company too."""
    return sa.ForeignKeyConstraint(["company_id", "flag_key"], ["flags.company_id", "flags.key"])


class FlagRow(Model):
    """What a flag is, whatever the environment.

    Attributes:
        changed_in: The installation's revision that last changed it: processes read what is newer than theirs.
        is_builtin: One of the flags this product itself asks; it cannot be archived.
        is_permanent: Meant to stay, so it is never called stale.
    """

    __tablename__ = "flags"
    __table_args__ = (
        of_company(),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'", name="key"),
        sa.CheckConstraint("type IN ('boolean','string','number','object')", name="type"),
        sa.CheckConstraint("scope IN ('global','company','user')", name="scope"),
        sa.CheckConstraint("algorithm IN ('murmur3','flagd-v1','flagd-v2','flagd-v3')", name="algorithm"),
        sa.Index("ix_flags_company_id_changed_in", "company_id", "changed_in"),
    )

    company_id: Mapped[CompanyId] = company()
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    variants: Mapped[JSON] = mapped_column(JSONB)
    salt: Mapped[str] = mapped_column(sa.Text)
    changed_in: Mapped[int] = mapped_column(sa.BigInteger)
    description: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    type: Mapped[str] = mapped_column(sa.Text, default="boolean", server_default="boolean")
    scope: Mapped[str] = mapped_column(sa.Text, default="user", server_default="user")
    on_variant: Mapped[str] = mapped_column(sa.Text, default="on", server_default="on")
    # A factory, because SQLAlchemy takes None for "use the default"; here None means the caller's own default answers.
    off_variant: Mapped[str | None] = mapped_column(sa.Text, default_factory=lambda: "off")
    algorithm: Mapped[str] = mapped_column(sa.Text, default="murmur3", server_default="murmur3")
    owner: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default_factory=list, server_default="{}")
    is_permanent: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    is_builtin: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    about: Mapped[JSON] = mapped_column("metadata", JSONB, default_factory=dict, server_default="{}")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    archived_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)
    changed_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)


class FlagEnvironment(Model):
    """How a flag answers in one environment; `settings` as engine/model.py reads it, lists are apart.

    Attributes:
        lists_changed_in: The revision that last changed the lists, so that they are only read again then.
    """

    __tablename__ = "flag_environments"
    __table_args__ = (
        of_company(),
        of_flag(),
        sa.Index("ix_flag_environments_company_id_changed_in", "company_id", "changed_in"),
    )

    company_id: Mapped[CompanyId] = company()
    flag_key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    environment: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    settings: Mapped[JSON] = mapped_column(JSONB)
    changed_in: Mapped[int] = mapped_column(sa.BigInteger)
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    lists_changed_in: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    allowed: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    blocked: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)
    changed_by: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")


class FlagTarget(Model):
    """One target on the allow or the block list, never on both."""

    __tablename__ = "flag_targets"
    __table_args__ = (
        of_company(),
        of_flag(),
        sa.CheckConstraint("list IN ('allow','block')", name="list"),
        sa.CheckConstraint("length(target) BETWEEN 1 AND 200", name="target"),
    )

    company_id: Mapped[CompanyId] = company()
    flag_key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    environment: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    target: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    list: Mapped[str] = mapped_column(sa.Text)
    added_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)


class FlagSegment(Model):
    """A reusable group of targets, the same in every environment."""

    __tablename__ = "flag_segments"
    __table_args__ = (
        of_company(),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'", name="key"),
    )

    company_id: Mapped[CompanyId] = company()
    key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    changed_in: Mapped[int] = mapped_column(sa.BigInteger)
    description: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    conditions: Mapped[list[JSON]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    included: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default_factory=list, server_default="{}")
    excluded: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), default_factory=list, server_default="{}")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    archived_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    changed_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)


class FlagVersion(Model):
    """One change of a flag, written once.

    Attributes:
        environment: None when it changed what the flag is in every environment.
        changes: Field → [before, after], as the settings name them.
        lists: {"allow": {"added": […], "removed": […]}, "block": …}; long ones are cut, with "count".
        reverts: The id of the change this one took back.
    """

    __tablename__ = "flag_versions"
    __table_args__ = (
        of_company(),
        of_flag(),
        sa.Index("ix_flag_versions_company_id_flag_key_id", "company_id", "flag_key", "id"),
    )

    company_id: Mapped[CompanyId] = company()
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid, kw_only=True)
    flag_key: Mapped[str] = mapped_column(sa.Text)
    version: Mapped[int] = mapped_column(sa.BigInteger)
    act: Mapped[str] = mapped_column(sa.Text)
    changes: Mapped[JSON] = mapped_column(JSONB)
    actor: Mapped[JSON] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(sa.Text)
    environment: Mapped[str | None] = mapped_column(sa.Text, default=None)
    lists: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    reverts: Mapped[str | None] = mapped_column(sa.Text, default=None)
    at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)


class FlagRollout(Model):
    """A plan that raises a share step by step, at times or while its guards hold.

    Attributes:
        steps: [{"percentage": 10000, "at": instant} or {"percentage": 25000, "afterS": 3600}].
        guards: What has to hold; see rollouts.
        started_from: The share before the first step: what a rollback goes back to.
        verdict: Why it is held or was rolled back, with the figures.
    """

    __tablename__ = "flag_rollouts"
    __table_args__ = (
        of_company(),
        of_flag(),
        sa.CheckConstraint("state IN ('planned','running','held','rolled-back','done','cancelled')", name="state"),
        sa.Index(
            "uq_flag_rollouts_live", "company_id", "flag_key", "environment",
            unique=True, postgresql_where=sa.text("state IN ('planned','running','held')"),
        ),
        sa.Index("ix_flag_rollouts_company_id_flag_key_id", "company_id", "flag_key", "id"),
    )  # fmt: skip

    company_id: Mapped[CompanyId] = company()
    id: Mapped[str] = mapped_column(sa.Text, primary_key=True, default_factory=new_ulid, kw_only=True)
    flag_key: Mapped[str] = mapped_column(sa.Text)
    environment: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.Text)
    steps: Mapped[list[JSON]] = mapped_column(JSONB)
    actor: Mapped[JSON] = mapped_column(JSONB)
    timezone: Mapped[str] = mapped_column(sa.Text, default="UTC", server_default="UTC")
    guards: Mapped[list[JSON]] = mapped_column(JSONB, default_factory=list, server_default="[]")
    step: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    cooldown_s: Mapped[int] = mapped_column(sa.Integer, default=600, server_default="600")
    started_from: Mapped[int | None] = mapped_column(sa.Integer, default=None)
    next_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    held_since: Mapped[datetime | None] = mapped_column(INSTANT, default=None)
    verdict: Mapped[JSON] = mapped_column(JSONB, default_factory=dict, server_default="{}")
    version: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)
    changed_at: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)
    ended_at: Mapped[datetime | None] = mapped_column(INSTANT, default=None)


class FlagCount(Model):
    """How often a flag answered so, in one minute or one hour, over all processes."""

    __tablename__ = "flag_counts"
    __table_args__ = (
        of_company(),
        sa.CheckConstraint("grain IN ('minute','hour')", name="grain"),
        sa.Index("ix_flag_counts_company_id_environment_grain_at", "company_id", "environment", "grain", "at"),
    )

    company_id: Mapped[CompanyId] = company()
    flag_key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    environment: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    grain: Mapped[str] = mapped_column(sa.Text, primary_key=True, server_default="minute")
    at: Mapped[datetime] = mapped_column(INSTANT, primary_key=True)
    variant: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    reason: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    answers: Mapped[int] = mapped_column(sa.BigInteger)


class FlagSeen(Model):
    """When a flag was last asked, and since when it has given one answer only."""

    __tablename__ = "flag_seen"
    __table_args__ = (of_company(),)

    company_id: Mapped[CompanyId] = company()
    flag_key: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    environment: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    last_at: Mapped[datetime] = mapped_column(INSTANT)
    last_by: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    variant: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    variant_since: Mapped[datetime] = mapped_column(INSTANT, default_factory=clock.now, server_default=NOW)
