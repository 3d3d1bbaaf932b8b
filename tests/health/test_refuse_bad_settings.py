"""The start is refused, with a message that says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.db import db
from app.core.tenancy_check import find_tenancy_faults
from app.limits.table import DEFAULTS, load_limits
from config import BadSettings, Settings, read_settings

ROOT = Path(__file__).parents[2]
GOOD = {"DATABASE_URL": "postgresql://qd_app:pw@127.0.0.1:5432/quarterdeck"}
PRODUCTION = GOOD | {
    "QUARTERDECK_ENV": "production",
    "SESSION_SECRET": "k" * 48,
    "SECURE_COOKIES": "true",
    "TRUSTED_HOSTS": "console.example.com",
    "PUBLIC_URL": "https://console.example.com",
    "DATABASE_PLATFORM_URL": "postgres://qd_platform:pw@127.0.0.1/quarterdeck",
    "DATABASE_SYSTEM_URL": "postgres://qd_system:pw@127.0.0.1/quarterdeck",
}
BAD = [
    ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
    ({"DATABASE_URL": "mysql://u:secret-pw@h/db"}, "DATABASE_URL must be a PostgreSQL address: postgresql://"),
    ({"PORT": "http"}, "PORT input should be a valid integer"),
    ({"PORT": "70000"}, "PORT input should be less than or equal to 65535"),
    ({"REDIS_URL": "memcached://h"}, "REDIS_URL must begin with redis://"),
    ({"SESSION_SECRET": "short"}, "SESSION_SECRET is shorter than 32 characters; make one: openssl rand"),
    ({"SESSION_SECRET_FILE": "/nowhere/secret"}, "SESSION_SECRET_FILE: /nowhere/secret cannot be read"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ({"DB_MIN_CONNECTIONS": "20"}, "DB_MIN_CONNECTIONS is larger than DB_MAX_CONNECTIONS; set it to that or less"),
    ({"STORAGE_PROVIDER": "s3"}, "STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET"),
    ({"STORAGE_PROVIDER": "floppy"}, "STORAGE_PROVIDER input should be 'local', 's3', 'cloudflare-r2' or 'azure-blob'"),
    ({"DEFAULT_TIMEZONE": "Mars/Base"}, "is not a zone name like Europe/London"),
    ({"SOCKET_LIMIT": "5000"}, "SOCKET_LIMIT must be below WORKER_CONNECTIONS"),
    ({"QUARTERDECK_PORT": "3000"}, "QUARTERDECK_PORT: no such setting; known are QUARTERDECK_ENV, QUARTERDECK_HOME"),
    ({"QUARTERDECK_ENV": "live"}, "QUARTERDECK_ENV input should be 'development', 'test', 'staging' or 'production'"),
]
BAD_IN_PRODUCTION = [
    ("SESSION_SECRET", "SESSION_SECRET is the development one; set your own"),
    ("SECURE_COOKIES", "SECURE_COOKIES must be true in production"),
    ("TRUSTED_HOSTS", "TRUSTED_HOSTS is empty; name the hosts you answer to"),
    ("PUBLIC_URL", "PUBLIC_URL must begin with https://"),
    ("DATABASE_SYSTEM_URL", "DATABASE_PLATFORM_URL and DATABASE_SYSTEM_URL are needed: flask db bootstrap prints them"),
]


def read(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> Settings:
    """Read settings from exactly this environment."""
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return read_settings(os.environ)


@pytest.mark.parametrize(
    ("change", "message"), BAD, ids=lambda value: next(iter(value)) if isinstance(value, dict) else ""
)
def test_a_bad_setting_is_named_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], message: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        read(monkeypatch, GOOD | change)
    assert message in refused.value.message
    assert "secret-pw" not in refused.value.message


@pytest.mark.parametrize(("missing", "message"), BAD_IN_PRODUCTION)
def test_production_refuses_what_development_may_have(
    monkeypatch: pytest.MonkeyPatch, missing: str, message: str
) -> None:
    with pytest.raises(BadSettings, match=message.partition(";")[0]):
        read(monkeypatch, {name: value for name, value in PRODUCTION.items() if name != missing})


def test_good_settings_of_production_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, PRODUCTION).environment == "production"


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as refused:
        read(monkeypatch, {"PORT": "x", "REDIS_URL": "x"})
    assert [line.split()[0] for line in refused.value.message.splitlines()] == ["PORT", "DATABASE_URL", "REDIS_URL"]


def test_four_single_redis_settings_make_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    single = {"REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_PASSWORD": "p@ss/word", "REDIS_DB": "3"}
    assert read(monkeypatch, GOOD | single).redis_url.get_secret_value() == "redis://:p%40ss%2Fword@cache:6380/3"


@pytest.mark.slow
def test_gunicorn_stops_with_the_message_instead_of_a_stack(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "-w", "1", "-b", "127.0.0.1:0", "wsgi:app"]
    environ = {"PATH": os.environ["PATH"], **environment, "LIMIT_EVERYTHING": "1/min"}
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "Quarterdeck does not start.\nLIMIT_EVERYTHING names no limit; remove it or use one of" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_login_that_row_level_security_does_not_bind_is_refused(app: Flask, superuser_url: str) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert find_tenancy_faults(connection) == []
    with sa.create_engine(superuser_url.replace("postgresql:", "postgresql+psycopg:")).connect() as connection:
        assert "is a superuser; companies would see each other" in find_tenancy_faults(connection)[0]


def test_the_owner_and_a_table_without_force_are_refused(environment: dict[str, str]) -> None:
    owner = sa.create_engine(environment["DATABASE_OWNER_URL"].replace("postgresql:", "postgresql+psycopg:"))
    with owner.connect() as connection:
        connection.execute(sa.text("ALTER TABLE users NO FORCE ROW LEVEL SECURITY"))
        owns, unforced = find_tenancy_faults(connection)
        connection.rollback()
    assert "owns the tables, so it could lift their rules" in owns
    assert unforced.startswith("Tables without forced row-level security: users.")


def test_the_example_names_every_setting_and_is_accepted_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    example = dict(line.split("=", 1) for line in lines)
    names = {str(info.validation_alias or name).upper() for name, info in Settings.model_fields.items()}
    limits = {f"LIMIT_{limit.name.upper()}" for limit in DEFAULTS}
    assert set(example) == names | limits
    assert load_limits(example) == {limit.name: limit for limit in DEFAULTS}
    chosen = read(monkeypatch, example | GOOD)
    for name, info in Settings.model_fields.items():
        if name not in {"database_url", "redis_url", "upload_dir", "quarterdeck_home"}:
            assert getattr(chosen, name) == info.default, name
