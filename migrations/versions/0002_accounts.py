"""Sessions, tokens, invitations, resets, and the few questions answered before a company is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.core.ids import new_ulid
from app.core.rls import definer_function, owner_reads, protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
FUNCTIONS = (
    "auth_company(text)",
    "auth_create_company(text, text, text, text, text, text)",
    "auth_user(text)",
    "auth_session(bytea)",
    "auth_session_by_id(text)",
    "auth_token(bytea)",
    "auth_token_by_id(text)",
    "auth_invitation(bytea)",
    "auth_reset(bytea)",
    "auth_standing(text[], text[])",
    "auth_touch(text[], text[])",
    "auth_attempt(text[], integer[], integer)",
    "auth_attempt_ended(bigint[], boolean)",
    "auth_use_ticket(text, timestamp with time zone)",
)


def upgrade() -> None:
    create_sessions()
    create_api_tokens()
    create_links()
    create_login_attempts()
    protect_last_admin()
    create_identity_functions()
    create_credential_functions()
    create_link_functions()
    create_touch_function()
    create_throttle_functions()
    op.execute(
        sa.text(
            "INSERT INTO companies (public_id, slug, name, type) VALUES (:id, 'platform', 'Platform', 'platform') "
            "ON CONFLICT (slug) DO NOTHING"  # a downgrade leaves it, because people may belong to it
        ).bindparams(id=new_ulid())
    )


def belongs_to_user(table: str) -> list[sa.Constraint]:
    """The composite foreign key to the person, which holds the company too."""
    return [
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=f"fk_{table}_company_id"),
        sa.ForeignKeyConstraint(
            ["company_id", "user_id"], ["users.company_id", "users.id"], name=f"fk_{table}_company_id_user_id"
        ),
    ]


def instant(name: str, *, nullable: bool = False, default: bool = False) -> sa.Column[object]:
    """An aware instant."""
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=NOW if default else None)


def create_sessions() -> None:
    """One row a signed-in browser: the truth that Valkey caches. Only the hash of the id is kept."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("data", JSONB, nullable=False, server_default="{}"),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("acting_company_id", sa.BigInteger),
        sa.Column("second_factor", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("user_agent", sa.Text, nullable=False, server_default=""),
        sa.Column("ip", sa.Text, nullable=False, server_default=""),
        sa.Column("idle_s", sa.Integer, nullable=False),
        instant("created_at", default=True),
        instant("last_seen_at", default=True),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        sa.Column("revoked_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("hash", name="uq_sessions_hash"),
        sa.ForeignKeyConstraint(["acting_company_id"], ["companies.id"], name="fk_sessions_acting_company_id"),
        *belongs_to_user("sessions"),
    )
    op.create_index("ix_sessions_company_id_user_id_id", "sessions", ["company_id", "user_id", "id"])
    op.create_index("ix_sessions_company_id_id", "sessions", ["company_id", "id"])
    protect("sessions", system="SELECT, DELETE")
    owner_reads("sessions")
    owner_reads("sessions", "UPDATE")


def create_api_tokens() -> None:
    """Keys of scripts. Shown once; only the hash is kept."""
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text)),
        sa.Column("limit_per_min", sa.Integer),
        instant("created_at", default=True),
        instant("last_used_at", nullable=True),
        instant("expires_at", nullable=True),
        instant("revoked_at", nullable=True),
        sa.Column("revoked_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("hash", name="uq_api_tokens_hash"),
        sa.CheckConstraint("limit_per_min > 0", name="ck_api_tokens_limit_per_min"),
        *belongs_to_user("api_tokens"),
    )
    op.create_index("ix_api_tokens_company_id_id", "api_tokens", ["company_id", "id"])
    op.create_index("ix_api_tokens_company_id_user_id", "api_tokens", ["company_id", "user_id"])
    protect("api_tokens", system="SELECT")
    owner_reads("api_tokens")
    owner_reads("api_tokens", "UPDATE")


def create_links() -> None:
    """Single-use links sent by mail, and the codes that stand in for a lost phone."""
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, comment="Who invited; none when a platform admin did."),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary),
        instant("created_at", default=True),
        instant("expires_at"),
        instant("accepted_at", nullable=True),
        instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("hash", name="uq_invitations_hash"),
        sa.CheckConstraint("role IN ('platform_admin','company_admin','staff','viewer')", name="ck_invitations_role"),
        *belongs_to_user("invitations"),
    )
    op.create_index("ix_invitations_company_id_id", "invitations", ["company_id", "id"])
    op.create_table(
        "password_resets",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary),
        instant("created_at", default=True),
        instant("expires_at"),
        instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_password_resets"),
        sa.UniqueConstraint("hash", name="uq_password_resets_hash"),
        *belongs_to_user("password_resets"),
    )
    op.create_index("ix_password_resets_company_id_user_id", "password_resets", ["company_id", "user_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("company_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        instant("used_at", nullable=True),
        sa.PrimaryKeyConstraint("company_id", "user_id", "hash", name="pk_recovery_codes"),
        *belongs_to_user("recovery_codes"),
    )
    protect("invitations", platform="SELECT")
    protect("password_resets", platform="")
    protect("recovery_codes", platform="")
    owner_reads("invitations")
    owner_reads("password_resets")


def create_login_attempts() -> None:
    """Counted before anybody is known, so they belong to no company. No login may touch the tables themselves."""
    op.create_table(
        "login_attempts",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False, server_default=sa.false()),
        instant("at", default=True),
        sa.PrimaryKeyConstraint("id", name="pk_login_attempts"),
    )
    op.create_index("ix_login_attempts_key_at", "login_attempts", ["key", "at"])
    op.create_index("ix_login_attempts_at", "login_attempts", ["at"])
    op.create_table(
        "used_tickets",
        sa.Column("id", sa.Text, nullable=False),
        instant("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_used_tickets"),
    )


def protect_last_admin() -> None:
    """A company keeps an active admin, whatever runs at once: the company's row is locked before counting."""
    op.execute(
        """CREATE FUNCTION keep_last_admin() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
        BEGIN
          IF OLD.is_active AND OLD.role IN ('company_admin', 'platform_admin')
             AND (NOT NEW.is_active OR NEW.role <> OLD.role) THEN
            PERFORM 1 FROM companies WHERE id = OLD.company_id FOR NO KEY UPDATE;
            IF NOT EXISTS (SELECT 1 FROM users WHERE company_id = OLD.company_id AND id <> OLD.id
                           AND role = OLD.role AND is_active) THEN
              RAISE EXCEPTION 'the last admin stays' USING ERRCODE = 'QD001';
            END IF;
          END IF;
          RETURN NEW;
        END $$"""
    )
    op.execute(
        "CREATE TRIGGER keep_last_admin BEFORE UPDATE OF role, is_active ON users "
        "FOR EACH ROW EXECUTE FUNCTION keep_last_admin()"
    )


def create_identity_functions() -> None:
    """Who somebody is, as JSON; and the lookups by e-mail and by slug."""
    op.execute(
        """CREATE FUNCTION company_json(c companies) RETURNS jsonb LANGUAGE sql STABLE
        SET search_path = pg_catalog, public AS $$
        SELECT jsonb_build_object('id', c.id, 'slug', c.slug, 'name', c.name, 'type', c.type,
                                  'currency', c.currency, 'timezone', c.timezone) $$"""
    )
    op.execute(
        """CREATE FUNCTION person_json(u users, c companies) RETURNS jsonb LANGUAGE sql STABLE
        SET search_path = pg_catalog, public AS $$
        SELECT jsonb_build_object('id', u.id, 'public_id', u.public_id, 'email', u.email, 'name', u.name,
          'role', u.role, 'preferences', u.preferences, 'is_active', u.is_active,
          'second_factor', u.totp_secret IS NOT NULL, 'company', company_json(c)) $$"""
    )
    definer_function(
        "auth_company(wanted text)",
        returns="jsonb",
        body="SELECT company_json(c) FROM companies c WHERE c.slug = wanted",
    )
    definer_function(
        "auth_create_company(public_id text, slug text, name text, type text, currency text, timezone text)",
        returns="bigint",
        body="INSERT INTO companies (public_id, slug, name, type, currency, timezone) "
        "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
    )
    definer_function(
        "auth_user(wanted text)",
        returns="jsonb",
        body="SELECT person_json(u, c) || jsonb_build_object('password_hash', u.password_hash) "
        "FROM users u JOIN companies c ON c.id = u.company_id WHERE lower(u.email) = lower(wanted)",
    )


def create_credential_functions() -> None:
    """One call a request: the credential, its person, their company, and the company they act in."""
    session = """
        BEGIN RETURN (
          SELECT jsonb_build_object('id', s.id, 'version', s.version, 'second_factor', s.second_factor,
            'expires_at', extract(epoch FROM s.expires_at), 'seen_s', extract(epoch FROM now() - s.last_seen_at),
            'ended', CASE WHEN s.revoked_at IS NOT NULL THEN 'revoked' WHEN NOT u.is_active THEN 'inactive'
                          WHEN s.expires_at <= now() THEN 'expired'
                          WHEN s.last_seen_at + make_interval(secs => s.idle_s) <= now() THEN 'idle' END,
            'person', person_json(u, c),
            'acting', (SELECT company_json(a) FROM companies a WHERE a.id = s.acting_company_id))
          FROM sessions s JOIN users u ON u.company_id = s.company_id AND u.id = s.user_id
          JOIN companies c ON c.id = s.company_id WHERE s.{column} = wanted);
        END"""
    token = """
        BEGIN RETURN (
          SELECT jsonb_build_object('id', t.id, 'scopes', t.scopes, 'limit_per_min', t.limit_per_min,
            'seen_s', extract(epoch FROM now() - t.last_used_at),
            'ended', CASE WHEN t.revoked_at IS NOT NULL THEN 'revoked' WHEN NOT u.is_active THEN 'inactive'
                          WHEN t.expires_at <= now() THEN 'expired' END,
            'person', person_json(u, c))
          FROM api_tokens t JOIN users u ON u.company_id = t.company_id AND u.id = t.user_id
          JOIN companies c ON c.id = t.company_id WHERE t.{column} = wanted);
        END"""
    for name, body in (("auth_session", session), ("auth_token", token)):
        for suffix, column, kind in (("", "hash", "bytea"), ("_by_id", "id", "text")):
            definer_function(
                f"{name}{suffix}(wanted {kind})",
                returns="jsonb",
                language="plpgsql",
                body=body.replace("{column}", column),
            )
    definer_function(
        "auth_standing(session_ids text[], token_ids text[])",
        returns="TABLE (credential text, role text, company_id bigint, acting_company_id bigint)",
        body="""
        SELECT s.id, u.role, u.company_id, s.acting_company_id FROM sessions s
        JOIN users u ON u.company_id = s.company_id AND u.id = s.user_id
        WHERE s.id = ANY(session_ids) AND s.revoked_at IS NULL AND u.is_active AND s.expires_at > now()
          AND s.last_seen_at + make_interval(secs => s.idle_s) > now()
        UNION ALL
        SELECT t.id, u.role, u.company_id, NULL FROM api_tokens t
        JOIN users u ON u.company_id = t.company_id AND u.id = t.user_id
        WHERE t.id = ANY(token_ids) AND t.revoked_at IS NULL AND u.is_active
          AND (t.expires_at IS NULL OR t.expires_at > now())""",
    )


def create_link_functions() -> None:
    """What a mailed link opens."""
    definer_function(
        "auth_invitation(wanted bytea)",
        returns="jsonb",
        body="SELECT jsonb_build_object('id', i.id, 'email', i.email, 'role', i.role, 'company', company_json(c)) "
        "FROM invitations i JOIN companies c ON c.id = i.company_id WHERE i.hash = wanted "
        "AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()",
    )
    definer_function(
        "auth_reset(wanted bytea)",
        returns="jsonb",
        body="SELECT jsonb_build_object('id', r.id, 'person', person_json(u, c)) FROM password_resets r "
        "JOIN users u ON u.company_id = r.company_id AND u.id = r.user_id JOIN companies c ON c.id = r.company_id "
        "WHERE r.hash = wanted AND r.used_at IS NULL AND r.expires_at > now() AND u.is_active",
    )


def create_touch_function() -> None:
    """Last use of many credentials of many companies, written in one go off the request path."""
    definer_function(
        "auth_touch(session_ids text[], token_ids text[])",
        returns="void",
        body="""
        UPDATE sessions SET last_seen_at = now() WHERE id = ANY(session_ids) AND revoked_at IS NULL
          AND last_seen_at + make_interval(secs => idle_s) > now();
        UPDATE api_tokens SET last_used_at = now() WHERE id = ANY(token_ids);
        UPDATE users u SET last_seen_at = now() FROM (
          SELECT company_id, user_id FROM sessions WHERE id = ANY(session_ids)
          UNION SELECT company_id, user_id FROM api_tokens WHERE id = ANY(token_ids)) seen
        WHERE u.company_id = seen.company_id AND u.id = seen.user_id;""",
    )


def create_throttle_functions() -> None:
    """Failed logins, counted exactly: those in work are counted too, so tries sent at once cannot slip through.

    One in work for more than ten seconds belonged to a process that died: it counts as failed.
    """
    definer_function(
        "auth_attempt(keys text[], limits integer[], window_s integer)",
        returns="jsonb",
        language="plpgsql",
        body="""
        DECLARE n integer; working integer; oldest timestamptz; wait integer := 0; busy boolean := false; made bigint[];
        BEGIN
          FOR i IN 1 .. array_length(keys, 1) LOOP
            PERFORM pg_advisory_xact_lock(hashtextextended('login:' || keys[i], 0));
            SELECT count(*), min(a.at) INTO n, oldest FROM (
              SELECT at FROM login_attempts WHERE key = keys[i] AND at > now() - make_interval(secs => window_s)
              AND (failed OR at < now() - interval '10 s') ORDER BY at DESC LIMIT limits[i]) a;
            SELECT count(*) INTO working FROM login_attempts
              WHERE key = keys[i] AND NOT failed AND at >= now() - interval '10 s';
            IF n >= limits[i] THEN
              wait := greatest(wait, ceil(extract(epoch FROM oldest - now()) + window_s)::integer, 1);
            ELSIF n + working >= limits[i] THEN
              busy := true;
            END IF;
          END LOOP;
          IF wait = 0 AND NOT busy THEN
            WITH made_rows AS (INSERT INTO login_attempts (key) SELECT unnest(keys) RETURNING id)
            SELECT array_agg(id) INTO made FROM made_rows;
          END IF;
          DELETE FROM login_attempts WHERE id IN (
            SELECT id FROM login_attempts WHERE at < now() - make_interval(secs => window_s)
            ORDER BY at LIMIT 100 FOR UPDATE SKIP LOCKED);
          RETURN jsonb_build_object('wait_s', wait, 'busy', busy, 'ids', to_jsonb(made));
        END""",
    )
    definer_function(
        "auth_attempt_ended(ids bigint[], has_failed boolean)",
        returns="void",
        language="plpgsql",
        body="""
        BEGIN
          IF has_failed THEN UPDATE login_attempts SET failed = true WHERE id = ANY(ids);
          ELSE DELETE FROM login_attempts WHERE id = ANY(ids); END IF;
        END""",
    )
    definer_function(
        "auth_use_ticket(ticket text, until timestamp with time zone)",
        returns="boolean",
        language="plpgsql",
        body="""
        BEGIN
          DELETE FROM used_tickets WHERE expires_at < now() - interval '1 minute';
          INSERT INTO used_tickets VALUES (ticket, until) ON CONFLICT DO NOTHING;
          RETURN FOUND;
        END""",
    )


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION person_json(users, companies)")
    op.execute("DROP FUNCTION company_json(companies)")
    op.execute("DROP TRIGGER keep_last_admin ON users")
    op.execute("DROP FUNCTION keep_last_admin()")
    for table in (
        "used_tickets", "login_attempts", "recovery_codes", "password_resets", "invitations", "api_tokens", "sessions",
    ):  # fmt: skip
        op.drop_table(table)
