"""`bin/flask db bootstrap` on a server a team runs itself."""

import psycopg
import pytest

from app.core.embedded.bootstrap import bootstrap_command
from app.core.embedded.roles import ROLES


@pytest.fixture
def server(postgres):
    """A server that knows nothing of us."""
    postgres.start()
    return postgres


def settings_in(text):
    return dict(line.split("=", 1) for line in text.splitlines() if not line.startswith("#"))


def test_an_administrator_gets_the_settings_of_every_role(server):
    text = bootstrap_command({"DATABASE_ADMIN_URL": server.url("shop")})
    found = settings_in(text)
    assert set(found) == {role.setting for role in ROLES}
    assert "Missing" not in text
    for url in found.values():
        with psycopg.connect(url) as connection:
            assert connection.info.dbname == "shop"


def test_passwords_chosen_beforehand_are_kept_at_every_release(server):
    first = settings_in(bootstrap_command({"DATABASE_OWNER_URL": server.url("shop")}))
    again = settings_in(bootstrap_command({**first, "DATABASE_ADMIN_URL": server.url("shop")}))
    assert again == first


def test_a_managed_services_administrator_is_told_what_is_missing(server):
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'theirs'")
    text = bootstrap_command({"DATABASE_ADMIN_URL": server.url("shop").replace("postgres:superuser", "manager:theirs")})
    assert "qd_backup lacks BYPASSRLS" in text
    assert "pg_stat_statements is missing" in text
    with psycopg.connect(settings_in(text)["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE works (name text)")


def test_a_login_without_rights_is_refused_in_words(server):
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'theirs'")
    with pytest.raises(RuntimeError, match="may not set up the roles"):
        bootstrap_command({"DATABASE_ADMIN_URL": server.url("shop").replace("postgres:superuser", "clerk:theirs")})


def test_without_an_administrator_it_says_what_to_set():
    with pytest.raises(RuntimeError, match="DATABASE_ADMIN_URL"):
        bootstrap_command({})
