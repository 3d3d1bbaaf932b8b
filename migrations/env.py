"""Alembic's environment: migrations run as the owner login, with a lock timeout."""

import os
import re

import sqlalchemy as sa
from alembic import context
from flask import current_app

from app.core.db import Base
from config import Settings

LOCK_TIMEOUT = "5s"


def owner_url() -> str:
    """Return the owner login, or say which setting is missing."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.database_owner_url is None:
        raise SystemExit(
            "DATABASE_OWNER_URL is not set; migrations need the owner login (flask db bootstrap prints it)"
        )
    return settings.database_owner_url.get_secret_value()


def include_object(item: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:  # noqa: FBT001
    """Leave the daily partitions to the relay."""
    return not (kind == "table" and name is not None and re.search(r"_(\d{8}|default)$", name))


def run() -> None:
    """Run the migrations in one transaction each."""
    engine = sa.create_engine(os.environ.get("ALEMBIC_URL") or owner_url(), poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            include_object=include_object,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
