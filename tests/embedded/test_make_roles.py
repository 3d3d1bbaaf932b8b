"""The database roles: each may do its own work and no more."""

import psycopg
import pytest
from psycopg import errors

from app.core.embedded import roles


@pytest.fixture
def own_urls(services):
    """A database of this test alone."""
    made = services.create_database()
    yield made
    services.drop_database(made["DATABASE_URL"].rpartition("/")[2])


def ask(url, question):
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()[0]


@pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.name)
def test_each_role_logs_in_and_is_neither_superuser_nor_maker_of_roles(own_urls, role):
    rights = "SELECT rolname || ' ' || rolsuper || ' ' || rolcreaterole || ' ' || rolcreatedb || ' ' || rolreplication"
    answer = ask(own_urls[role.setting], f"{rights} FROM pg_roles WHERE rolname = current_user")
    assert answer == f"{role.name} false false false false"


def test_only_the_backup_role_passes_row_level_security(own_urls):
    query = "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolbypassrls AND rolname LIKE 'qd\\_%'"
    assert ask(own_urls["DATABASE_URL"], query) == "qd_backup"


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("DATABASE_URL", "statement_timeout", "10s"),
        ("DATABASE_URL", "lock_timeout", "3s"),
        ("DATABASE_URL", "idle_in_transaction_session_timeout", "15s"),
        ("DATABASE_PLATFORM_URL", "statement_timeout", "10s"),
        ("DATABASE_PLATFORM_URL", "default_transaction_read_only", "on"),
        ("DATABASE_BACKUP_URL", "default_transaction_read_only", "on"),
        ("DATABASE_EXPLAIN_URL", "default_transaction_read_only", "on"),
        ("DATABASE_EXPLAIN_URL", "statement_timeout", "5s"),
        ("DATABASE_EXPLAIN_URL", "lock_timeout", "200ms"),
        ("DATABASE_EXPLAIN_URL", "temp_file_limit", "64MB"),
        *((role.setting, "log_min_messages", "log") for role in roles.ROLES),
    ],
)
def test_a_role_waits_only_as_long_as_it_should(own_urls, setting, name, value):
    assert ask(own_urls[setting], f"SHOW {name}") == value


def test_the_owner_makes_tables_and_the_app_cannot(own_urls):
    with psycopg.connect(own_urls["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE things (name text)")
    with psycopg.connect(own_urls["DATABASE_URL"]) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE others (name text)")
    with psycopg.connect(own_urls["DATABASE_URL"]) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT * FROM things")
    assert ask(own_urls["DATABASE_BACKUP_URL"], "SELECT count(*) FROM things") == 0


def test_the_app_may_make_the_temporary_table_of_a_bulk_load(own_urls):
    with psycopg.connect(own_urls["DATABASE_URL"]) as connection:
        connection.execute("CREATE TEMPORARY TABLE incoming (name text) ON COMMIT DROP")


def test_a_role_of_somebody_else_cannot_connect(services, own_urls):
    with psycopg.connect(services.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE somebody_else LOGIN PASSWORD 'theirs'")
        try:
            stranger = own_urls["DATABASE_URL"].replace("//qd_app:", "//somebody_else:theirs-not-")
            stranger = stranger.replace(stranger[stranger.index("theirs") : stranger.index("@")], "theirs")
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(stranger)
        finally:
            connection.execute("DROP ROLE somebody_else")


def test_the_extensions_are_there(own_urls):
    query = "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension"
    assert ask(own_urls["DATABASE_URL"], query) == "btree_gin,pg_stat_statements,pg_trgm,plpgsql"


def test_doing_it_again_keeps_the_passwords_and_the_data(services, own_urls):
    with psycopg.connect(own_urls["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE kept (name text)")
    dbname = own_urls["DATABASE_URL"].rpartition("/")[2]
    again = roles.bootstrap(services.superuser_url("postgres"), dbname, services.addresses.passwords)
    assert again == own_urls
    assert ask(again["DATABASE_OWNER_URL"], "SELECT count(*) FROM kept") == 0


def test_a_copy_of_a_database_is_as_closed_as_the_original(services, own_urls):
    copy = services.create_database(template=own_urls["DATABASE_URL"].rpartition("/")[2])
    dbname = copy["DATABASE_URL"].rpartition("/")[2]
    query = f"SELECT has_database_privilege('public', '{dbname}', 'CONNECT')"
    try:
        assert ask(copy["DATABASE_URL"], query) is False
    finally:
        services.drop_database(dbname)
