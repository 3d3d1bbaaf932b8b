"""Flags, breakers, and the audit.

Flags and breakers belong to the installation: their rows carry the platform company's id.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.ids import new_ulid
from app.core.rls import protect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
STATES = "'CLOSED','OPEN','HALF_OPEN','DISABLED','FORCED_OPEN','METRICS_ONLY'"

# key, what people read, on, scope, percentage in thousandths (row B22 of the brief)
DEFAULTS = (
    ("core-api", "JSON addresses for scripts", True, "global", 100_000),
    ("authentication", "New sign-ins", True, "global", 100_000),
    ("ai-recommendations", "Suggestions of what to reorder and what sells together", False, "company", 0),
    ("advanced-analytics", "Daily rollups by item on the overview", False, "company", 0),
    ("bulk-operations", "Acts on all rows that match", False, "company", 0),
    ("vision-analysis", "Reading of markings from photos", False, "company", 10_000),
    ("mobile-app", "An installable page for phones", False, "user", 5_000),
    ("use-read-replicas", "Reads may go to a replica that is up to date", True, "global", 100_000),
    ("enable-caching", "Hot reads are answered from the cache", True, "global", 100_000),
    ("maintenance-mode", "A maintenance page for everybody but platform admins", False, "global", 0),
)
ENVIRONMENTS = ("production", "staging", "development")


def upgrade() -> None:
    create_revisions()
    create_flags()
    create_flag_environments()
    create_flag_targets()
    create_segments()
    create_flag_versions()
    create_rollouts()
    create_flag_counts()
    create_breakers()
    create_breaker_history()
    create_audit()
    seed_flags()


def create_revisions() -> None:
    """One number a set of settings that every process holds in memory."""
    op.create_table(
        "pushed_revisions",
        *tenant("pushed_revisions"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "name", name="pk_pushed_revisions"),
    )
    protect("pushed_revisions", app="SELECT, INSERT, UPDATE")


def create_flags() -> None:
    """What a flag is, whatever the environment."""
    op.create_table(
        "flags",
        *tenant("flags"),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("type", sa.Text, nullable=False, server_default="boolean"),
        sa.Column("scope", sa.Text, nullable=False, server_default="user"),
        sa.Column("variants", JSONB, nullable=False),
        sa.Column("on_variant", sa.Text, nullable=False, server_default="on"),
        sa.Column("off_variant", sa.Text),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False, server_default="murmur3"),
        sa.Column("owner", sa.Text, nullable=False, server_default=""),
        sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("is_permanent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_builtin", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("metadata", JSONB, nullable=False, server_default="{}"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "key", name="pk_flags"),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'", name=op.f("ck_flags_key")),
        sa.CheckConstraint("type IN ('boolean','string','number','object')", name=op.f("ck_flags_type")),
        sa.CheckConstraint("scope IN ('global','company','user')", name=op.f("ck_flags_scope")),
        sa.CheckConstraint(
            "algorithm IN ('murmur3','flagd-v1','flagd-v2','flagd-v3')", name=op.f("ck_flags_algorithm")
        ),
    )
    op.create_index("ix_flags_company_id_changed_in", "flags", ["company_id", "changed_in"])
    protect("flags", app="SELECT, INSERT, UPDATE")


def create_flag_environments() -> None:
    """How a flag answers in one environment; `settings` as app/flags/engine/model.py reads it."""
    op.create_table(
        "flag_environments",
        *tenant("flag_environments"),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("settings", JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
        sa.Column("lists_changed_in", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("allowed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("blocked", sa.Integer, nullable=False, server_default="0"),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("changed_by", JSONB, nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("company_id", "flag_key", "environment", name="pk_flag_environments"),
        flag("flag_environments"),
    )
    op.create_index("ix_flag_environments_company_id_changed_in", "flag_environments", ["company_id", "changed_in"])
    protect("flag_environments", app="SELECT, INSERT, UPDATE")


def create_flag_targets() -> None:
    """The allow and block lists: one row a target, so that a list of 100,000 takes one more cheaply."""
    op.create_table(
        "flag_targets",
        *tenant("flag_targets"),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("list", sa.Text, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False, server_default=NOW),
        # A target is on one list at most: to block it takes it off the allow list.
        sa.PrimaryKeyConstraint("company_id", "flag_key", "environment", "target", name="pk_flag_targets"),
        flag("flag_targets"),
        sa.CheckConstraint("list IN ('allow','block')", name=op.f("ck_flag_targets_list")),
        sa.CheckConstraint("length(target) BETWEEN 1 AND 200", name=op.f("ck_flag_targets_target")),
    )
    protect("flag_targets")


def create_segments() -> None:
    """Reusable groups, the same in every environment."""
    op.create_table(
        "flag_segments",
        *tenant("flag_segments"),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("conditions", JSONB, nullable=False, server_default="[]"),
        sa.Column("included", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("excluded", ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("changed_in", sa.BigInteger, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "key", name="pk_flag_segments"),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$'", name=op.f("ck_flag_segments_key")),
    )
    protect("flag_segments", app="SELECT, INSERT, UPDATE")


def create_flag_versions() -> None:
    """Every change of a flag: who, why, before and after; written once, never changed."""
    op.create_table(
        "flag_versions",
        *tenant("flag_versions"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("lists", JSONB, nullable=False, server_default="{}"),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("reverts", sa.Text),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_flag_versions"),
        flag("flag_versions"),
    )
    op.create_index("ix_flag_versions_company_id_flag_key_id", "flag_versions", ["company_id", "flag_key", "id"])
    protect("flag_versions", app="SELECT, INSERT")


def create_rollouts() -> None:
    """Plans that raise a share step by step, at times or while guards hold."""
    op.create_table(
        "flag_rollouts",
        *tenant("flag_rollouts"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False, server_default="UTC"),
        sa.Column("steps", JSONB, nullable=False),
        sa.Column("guards", JSONB, nullable=False, server_default="[]"),
        sa.Column("step", sa.Integer, nullable=False, server_default="0"),
        sa.Column("cooldown_s", sa.Integer, nullable=False, server_default="600"),
        sa.Column("started_from", sa.Integer),
        sa.Column("next_at", INSTANT),
        sa.Column("held_since", INSTANT),
        sa.Column("verdict", JSONB, nullable=False, server_default="{}"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=NOW),
        sa.Column("ended_at", INSTANT),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_flag_rollouts"),
        flag("flag_rollouts"),
        sa.CheckConstraint(
            "state IN ('planned','running','held','rolled-back','done','cancelled')",
            name=op.f("ck_flag_rollouts_state"),
        ),
    )
    # One plan at a time: two would fight over one share.
    op.create_index(
        "uq_flag_rollouts_live", "flag_rollouts", ["company_id", "flag_key", "environment"], unique=True,
        postgresql_where=sa.text("state IN ('planned','running','held')"),
    )  # fmt: skip
    op.create_index("ix_flag_rollouts_company_id_flag_key_id", "flag_rollouts", ["company_id", "flag_key", "id"])
    protect("flag_rollouts", app="SELECT, INSERT, UPDATE")


def create_flag_counts() -> None:
    """Answers by minute, variant and reason; and when a flag was last asked."""
    op.create_table(
        "flag_counts",
        *tenant("flag_counts"),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("grain", sa.Text, nullable=False, server_default="minute"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("answers", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id", "flag_key", "environment", "grain", "at", "variant", "reason", name="pk_flag_counts"
        ),
        sa.CheckConstraint("grain IN ('minute','hour')", name=op.f("ck_flag_counts_grain")),
    )
    op.create_index(
        "ix_flag_counts_company_id_environment_grain_at", "flag_counts", ["company_id", "environment", "grain", "at"]
    )
    protect("flag_counts")
    op.create_table(
        "flag_seen",
        *tenant("flag_seen"),
        sa.Column("flag_key", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("last_by", sa.Text, nullable=False, server_default=""),
        sa.Column("variant", sa.Text, nullable=False, server_default=""),
        sa.Column("variant_since", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "flag_key", "environment", name="pk_flag_seen"),
    )
    protect("flag_seen")


def create_breakers() -> None:
    """What people changed about a breaker; a breaker nobody touched has only its code's settings."""
    op.create_table(
        "breakers",
        *tenant("breakers"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False, server_default=""),
        sa.Column("config", JSONB, nullable=False, server_default="{}"),
        sa.Column("forced_state", sa.Text),
        sa.Column("forced_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("forced_by", JSONB, nullable=False, server_default="{}"),
        sa.Column("forced_at", INSTANT),
        sa.Column("forced_until", INSTANT),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("changed_in", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reset_in", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("changed_at", INSTANT, nullable=False, server_default=NOW),
        sa.PrimaryKeyConstraint("company_id", "name", name="pk_breakers"),
        sa.CheckConstraint("name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'", name=op.f("ck_breakers_name")),
        sa.CheckConstraint(f"forced_state IN ({STATES})", name=op.f("ck_breakers_forced_state")),
    )
    op.create_index("ix_breakers_company_id_changed_in", "breakers", ["company_id", "changed_in"])
    protect("breakers", app="SELECT, INSERT, UPDATE")


def create_breaker_history() -> None:
    """What breakers did, and how many calls went how."""
    op.create_table(
        "breaker_transitions",
        *tenant("breaker_transitions"),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("from_state", sa.Text, nullable=False),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reach", sa.Text, nullable=False, server_default="fleet"),
        sa.Column("process", sa.Text, nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("evidence", JSONB, nullable=False, server_default="{}"),
        sa.Column("actor", JSONB, nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_breaker_transitions"),
        sa.CheckConstraint("reach IN ('fleet','process')", name=op.f("ck_breaker_transitions_reach")),
        sa.CheckConstraint(f"to_state IN ({STATES})", name=op.f("ck_breaker_transitions_to_state")),
    )
    op.create_index("ix_breaker_transitions_company_id_name_at", "breaker_transitions", ["company_id", "name", "at"])
    protect("breaker_transitions", app="SELECT, INSERT, DELETE")
    op.create_table(
        "breaker_minutes",
        *tenant("breaker_minutes"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("process_kind", sa.Text, nullable=False),
        sa.Column("calls", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("failures", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("slow", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("rejected", sa.BigInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("company_id", "name", "at", "process_kind", name="pk_breaker_minutes"),
    )
    op.create_index("ix_breaker_minutes_company_id_at", "breaker_minutes", ["company_id", "at"])
    protect("breaker_minutes")


def create_audit() -> None:
    """Every fact with who, why and what changed, kept beyond the event log's partitions; written by the sequencer."""
    op.create_table(
        "audit",
        *tenant("audit"),
        sa.Column("id", sa.Text, nullable=False),  # the event's ULID: sortable by time
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("row_id", sa.Text),
        sa.Column("actor_id", sa.Text),
        sa.Column("actor", JSONB, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_audit"),
    )
    op.create_index("ix_audit_topic_company_id_id", "audit", ["topic", "company_id", "id"])
    op.create_index("ix_audit_type_company_id_id", "audit", ["type", "company_id", "id"])
    op.create_index("ix_audit_row_id_company_id_id", "audit", ["row_id", "company_id", "id"])
    op.create_index("ix_audit_actor_id_id", "audit", ["actor_id", "id"])
    op.create_index("ix_audit_request_id_id", "audit", ["request_id", "id"])
    op.create_index("ix_audit_id", "audit", ["id"])  # a platform admin reads all companies at once
    protect("audit", app="SELECT", system="SELECT, INSERT")


def seed_flags() -> None:
    """Write the default flags. The policies hold for the owner too; for these statements they do not."""
    tables = ("pushed_revisions", "flags", "flag_environments")
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        sa.text(
            "INSERT INTO companies (public_id, slug, name, type) VALUES (:id, 'platform', 'Platform', 'platform') "
            "ON CONFLICT (slug) DO NOTHING"
        ).bindparams(id=new_ulid())
    )
    op.execute(
        "INSERT INTO pushed_revisions (company_id, name, revision) "
        "SELECT id, pushed, 1 FROM companies, unnest(ARRAY['flags','breakers']) AS pushed WHERE slug = 'platform'"
    )
    for key, description, enabled, scope, percentage in DEFAULTS:
        op.execute(
            sa.text(
                "INSERT INTO flags (company_id, key, description, type, scope, variants, on_variant, off_variant, salt, "
                "owner, is_permanent, is_builtin, changed_in) SELECT id, :key, :description, 'boolean', :scope, "
                "CAST(:variants AS jsonb), 'on', 'off', :key, 'Quarterdeck', true, true, 1 "
                "FROM companies WHERE slug = 'platform'"
            ).bindparams(key=key, description=description, scope=scope, variants='{"on": true, "off": false}')
        )
        settings = f'{{"enabled": {str(enabled).lower()}, "percentage": {percentage}}}'
        op.execute(
            sa.text(
                "INSERT INTO flag_environments (company_id, flag_key, environment, settings, changed_in, changed_by) "
                "SELECT id, :key, environment, CAST(:settings AS jsonb), 1, CAST(:actor AS jsonb) "
                "FROM companies, unnest(CAST(:environments AS text[])) AS environment WHERE slug = 'platform'"
            ).bindparams(
                key=key, settings=settings, actor='{"kind": "system", "name": "Quarterdeck"}',
                environments="{" + ",".join(ENVIRONMENTS) + "}",
            )
        )  # fmt: skip
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def tenant(table: str) -> list[sa.schema.SchemaItem]:
    """The column every policy compares, and its key."""
    return [
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
    ]


def flag(table: str) -> sa.ForeignKeyConstraint:
    """The key to the flag, which holds the company too."""
    return sa.ForeignKeyConstraint(
        ["company_id", "flag_key"], ["flags.company_id", "flags.key"], name=f"fk_{table}_company_id_flag_key"
    )


def downgrade() -> None:
    for table in (
        "audit", "breaker_minutes", "breaker_transitions", "breakers", "flag_seen", "flag_counts", "flag_rollouts",
        "flag_versions", "flag_segments", "flag_targets", "flag_environments", "flags", "pushed_revisions",
    ):  # fmt: skip
        op.drop_table(table)
