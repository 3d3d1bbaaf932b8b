"""The models and the migrations say the same, and every migration can be undone."""

import re
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade

from app.core.db import Base
from tests.services import Services
from tests.stage import environment_for, settings_from

# Written and read as SQL only: partitioned, or one row, or PostgreSQL's own.
SQL_ONLY = ("event_log", "topic_heads", "event_epoch", "alembic_version")


def is_ours(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out what no model describes."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", "")
    return not (table or "").startswith(SQL_ONLY) and re.search(r"_(\d{8}|default)$", table or "") is None


def differences(url: str) -> list[Any]:
    """Return what autogenerate would change."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return list(found)


def test_models_and_migrations_agree(app: Flask, superuser_url: str) -> None:
    assert differences(superuser_url) == []


def test_every_migration_goes_down_and_up_again(services: Services, redis_url: str, tmp_path: Any) -> None:
    from app import create_app

    urls = services.create_database()
    made = create_app(settings_from(environment_for(urls, redis_url, tmp_path)))
    name = urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
    with made.app_context():
        upgrade()
        downgrade(revision="base")
        with sa.create_engine(
            services.superuser_url(name).replace("postgresql://", "postgresql+psycopg://")
        ).connect() as c:
            left = set(sa.inspect(c).get_table_names()) - {"alembic_version"}
            functions = c.scalars(
                sa.text(
                    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
                    "AND pg_get_userbyid(proowner) = 'qd_owner'"
                )
            ).all()
        assert (left, functions) == (set(), [])
        upgrade()
