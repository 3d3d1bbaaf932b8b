"""Row-level security as migrations write it: one call protects a table.

Policy names are fixed (`company_rows`, `platform_reads`, `system_rows`, `explain_reads`), because the tenancy tests
replace each of them and expect the suite to turn red.
"""

from alembic import op

COMPANY = "company_id = nullif(current_setting('qd.company_id', true), '')::bigint"


def protect(
    table: str, *, app: str = "SELECT, INSERT, UPDATE, DELETE", platform: str = "SELECT", system: str = "",
    rule: str = COMPANY,
) -> None:  # fmt: skip
    """Enable and force row-level security on a table and grant each login what it needs.

    Args:
        table: The table's name.
        app: Rights of the app login, held inside its company by the policy.
        platform: Rights of the read-only platform login, across companies.
        system: Rights of the relay and collector, across companies.
        rule: The policy's expression when it is not the plain company comparison.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    if app:
        op.execute(f"GRANT {app} ON {table} TO qd_app")
        op.execute(f"CREATE POLICY company_rows ON {table} TO qd_app USING ({rule}) WITH CHECK ({rule})")
    if "SELECT" in app:
        let_explain(table, rule)
    if platform:
        op.execute(f"GRANT {platform} ON {table} TO qd_platform")
        op.execute(f"CREATE POLICY platform_reads ON {table} FOR SELECT TO qd_platform USING (true)")
    if system:
        op.execute(f"GRANT {system} ON {table} TO qd_system")
        op.execute(f"CREATE POLICY system_rows ON {table} TO qd_system USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT ON {table} TO qd_backup")


def let_explain(table: str, rule: str = COMPANY) -> None:
    """Let the login that plans statements read what the app login may, so that its plans carry the policy as well."""
    op.execute(f"GRANT SELECT ON {table} TO qd_explain")
    op.execute(f"DROP POLICY IF EXISTS explain_reads ON {table}")
    op.execute(f"CREATE POLICY explain_reads ON {table} FOR SELECT TO qd_explain USING ({rule})")


def definer_function(signature: str, *, returns: str, body: str, roles: str = "qd_app", language: str = "sql") -> None:
    """Create a SECURITY DEFINER function with a fixed search path, callable by named roles only.

    FORCE blinds the owner too, so such a function reads through a policy `TO qd_owner` of its tables
    (`owner_reads`).
    """
    op.execute(
        f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} LANGUAGE {language} SECURITY DEFINER "
        f"SET search_path = pg_catalog, public AS $body$ {body} $body$"
    )
    name = signature
    op.execute(f"REVOKE ALL ON FUNCTION {_types_only(name)} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_types_only(name)} TO {roles}")


def owner_reads(table: str, command: str = "SELECT") -> None:
    """Let definer functions, which run as the owner, read (or write) a table in spite of FORCE."""
    check = "" if command in {"SELECT", "DELETE"} else " WITH CHECK (true)"
    using = "" if command == "INSERT" else " USING (true)"
    name = f"owner_{command.lower()}s"
    op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO qd_owner{using}{check}")


def _types_only(signature: str) -> str:
    """f(a bigint, b text) -> f(bigint, text): how GRANT names a function."""
    name, _, inside = signature.partition("(")
    types = [" ".join(argument.split()[1:]) for argument in inside.rstrip(")").split(",") if argument.strip()]
    return f"{name}({', '.join(types)})"


# What crosses companies on purpose, each with its reason. The catalogue test allows nothing else.
GLOBAL_TABLES: dict[str, str] = {
    "companies": "the tenants themselves; the policy compares id",
    "event_epoch": "one value for the whole log, so that readers notice when it was rebuilt",
    "login_attempts": "counted before anybody is known; no login may touch it, only auth_attempt",
    "used_tickets": "ids of socket tickets until they expire; no login may touch it, only auth_use_ticket",
}
DEFINER_FUNCTIONS: dict[str, str] = {
    "auth_company": "one company by its exact slug, for a platform admin's companyId",
    "auth_create_company": "a company is made before anybody can act inside it",
    "auth_user": "sign-in: one person by their exact address",
    "auth_session": "one session by the hash of the cookie, with its person and company",
    "auth_session_by_id": "the session a socket ticket names",
    "auth_token": "one API token by its hash, with its person and company",
    "auth_token_by_id": "the API token a socket ticket names",
    "auth_invitation": "the invitation behind a mailed link, by its hash",
    "auth_reset": "the password reset behind a mailed link, by its hash",
    "auth_standing": "which of these credentials are still good: the sweep over open sockets of every company",
    "auth_touch": "last use of many credentials of many companies in one go; tells nothing",
    "auth_attempt": "counts a sign-in before it is known whose it is",
    "auth_attempt_ended": "says how a counted sign-in ended",
    "auth_use_ticket": "a socket ticket is good once",
    "analyse_partitions": "the daily upkeep freshens the planner's figures; reads samples, returns a count",
    "analyse_imports": "fresh statistics after a load; reads samples, returns nothing",
    "planner_figures": "what ANALYZE counted, without a value of any row; made by bootstrap, owned by qd_backup",
    "planner_constants": "how often words of the schema itself occur (states, true and false); bootstrap makes it, too",
    "planner_companies": "how large the company of any row is in each table, one number; bootstrap makes it, too",
    "keep_event_partitions": "the relay makes tomorrow's partition and drops expired ones",
    "keep_query_partitions": "partitions of what statements cost are the owner's to make and drop",
    "forget_query_history": "empties what was measured of statements; only for whoever acts on the installation",
    "keep_job_partitions": "the same for jobs, their attempts and their logs",
    "search_jobs": "containment in JSON reaches no index under row-level security; it compares the company itself",
    "search_items": "LIKE reaches no index under row-level security; it compares the company itself",
    "search_files": "LIKE reaches no index under row-level security; it compares the company itself",
    "search_orders": "LIKE reaches no index under row-level security; it compares the company itself",
}
GLOBAL_UNIQUES: dict[str, str] = {
    **dict.fromkeys(("pk_sessions", "pk_api_tokens", "pk_invitations", "pk_password_resets"), "a random ULID"),
    **dict.fromkeys(
        ("uq_sessions_hash", "uq_api_tokens_hash", "uq_invitations_hash", "uq_password_resets_hash"),
        "the SHA-256 of a random secret: looked up before the company is known",
    ),
    "pk_users": "a number from a sequence",
    "uq_users_public_id": "a random ULID",
    "uq_users_email": "one account per address, because sign-in knows no company yet; sign-up is by invitation only",
    "pk_outbox": "a number from a sequence",
    "pk_storage_deltas": "a number from a sequence",
    "uq_stored_files_key": "130 random bits under the company's own number",
}
