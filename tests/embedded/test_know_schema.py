"""A start migrates only when there is something to migrate."""

import psycopg
import pytest

from app.core.embedded.schema import is_at_head


def test_a_migrated_database_is_at_the_head(urls):
    assert is_at_head(urls["DATABASE_OWNER_URL"])


def test_an_empty_one_an_unreachable_one_and_an_older_one_are_not(services, urls, tmp_path):
    empty = services.create_database()
    assert not is_at_head(empty["DATABASE_OWNER_URL"])
    assert not is_at_head("postgresql://qd_owner@127.0.0.1:1/nothing")
    (tmp_path / "0001.py").write_text('revision = "0001"\ndown_revision = None\n')
    assert not is_at_head(urls["DATABASE_OWNER_URL"], tmp_path)
    services.drop_database(empty["DATABASE_OWNER_URL"].rpartition("/")[2])


@pytest.mark.parametrize("text", ["nothing", 'revision = "2"\ndown_revision = None\n'])
def test_what_is_not_understood_counts_as_something_to_migrate(services, tmp_path, text):
    (tmp_path / "1.py").write_text('revision = "1"\ndown_revision = None\n')
    (tmp_path / "2.py").write_text(text)
    made = services.create_database()
    with psycopg.connect(made["DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT '1' AS version_num")
    assert not is_at_head(made["DATABASE_OWNER_URL"], tmp_path)
    services.drop_database(made["DATABASE_OWNER_URL"].rpartition("/")[2])
