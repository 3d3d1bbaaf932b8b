"""A database that was made before there was a login for plans gets its rights with the next migration."""

from typing import Any

import psycopg
from flask_migrate import downgrade, upgrade

from app import create_app
from tests.services import Services
from tests.stage import TEMPLATE, environment_for, settings_from

RIGHTS = """SELECT tablename, qual FROM pg_policies WHERE policyname = 'explain_reads' UNION ALL
  SELECT table_name::text, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'qd_explain'"""
READABLE = """WITH ours AS MATERIALIZED (SELECT tablename FROM pg_policies WHERE policyname = 'company_rows')
  SELECT tablename FROM ours WHERE has_table_privilege('qd_app', tablename, 'SELECT')"""


def test_rights_are_the_same_whenever_a_table_was_made(services: Services, redis_url: str, tmp_path: Any) -> None:
    urls = services.create_database(template=TEMPLATE)
    name = urls["DATABASE_URL"].rpartition("/")[2]
    made = create_app(settings_from(environment_for(urls, redis_url, tmp_path)))
    with psycopg.connect(services.superuser_url(name), autocommit=True) as connection:

        def rights() -> set[Any]:
            return set(connection.execute(RIGHTS).fetchall())

        before = rights()
        assert {row[0] for row in connection.execute(READABLE)} <= {row[0] for row in before}
        with made.app_context():
            downgrade(revision="0020")
            assert rights() == set()
            upgrade()
        assert rights() == before
    services.drop_database(name)
