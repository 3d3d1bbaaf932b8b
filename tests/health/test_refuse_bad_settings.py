"""The start is refused, with a message that says what to set."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.address import libpq_address
from app.core.db import db
from app.core.tenancy_check import find_tenancy_faults
from app.limits.table import DEFAULTS, load_limits
from config import BadSettings, Settings, read_settings
from config_checks import database_address

ROOT = Path(__file__).parents[2]
GOOD = {"DATABASE_URL": "postgresql://qd_app:pw@127.0.0.1:5432/quarterdeck"}
PRODUCTION = GOOD | {
    "QUARTERDECK_ENV": "production",
    "SESSION_SECRET": "0123456789abcdef" * 3,
    "SECURE_COOKIES": "true",
    "TRUSTED_HOSTS": "console.example.com",
    "PUBLIC_URL": "https://console.example.com",
    "DATABASE_PLATFORM_URL": "postgres://qd_platform:pw@127.0.0.1/quarterdeck",
    "DATABASE_SYSTEM_URL": "postgres://qd_system:pw@127.0.0.1/quarterdeck",
}
BAD = [
    ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
    ({"DATABASE_URL": "mysql://u:secret-pw@h/db"}, "DATABASE_URL must be a PostgreSQL address: postgresql://"),
    (
        {"DATABASE_URL": "postgresql://u:secret-pw@h1:http/db"},
        "DATABASE_URL names a server in a way that cannot be read",
    ),
    ({"DATABASE_URL": "postgresql://u:secret-pw@h1:70000,h2/db"}, "write host:5432, [::1]:5432 or, of several, by"),
    (
        {"DATABASE_URL": "postgresql://u:secret-pw@[::1,h2/db"},
        "DATABASE_URL names a server in a way that cannot be read",
    ),
    (
        {"DATABASE_SYSTEM_URL": "postgresql://u:secret-pw@h1:5432,[::1]:5432/db"},
        "DATABASE_SYSTEM_URL names a server in",
    ),
    ({"DATABASE_REPLICA_URLS": "replica1:5432"}, "DATABASE_REPLICA_URLS must be addresses of replicas: postgresql://"),
    ({"PORT": "http"}, "PORT input should be a valid integer"),
    ({"PORT": "70000"}, "PORT input should be less than or equal to 65535"),
    ({"PROXY_HOPS": "-1"}, "PROXY_HOPS input should be greater than or equal to 0"),
    ({"WEB_WORKERS": "0"}, "WEB_WORKERS input should be greater than or equal to 1"),
    ({"REDIS_URL": "memcached://h"}, "REDIS_URL must begin with redis://"),
    ({"BROKER_URL": "kafka://h"}, "BROKER_URL must begin with amqp:// or amqps://; leave it empty to use REDIS_URL"),
    ({"SMTP_URL": "mail.example.com:25"}, "SMTP_URL must begin with smtp:// or smtps://; leave it empty"),
    ({"MAIL_FROM": "Quarterdeck"}, "MAIL_FROM holds no address; write it as Quarterdeck <quarterdeck@example.com>"),
    ({"PUBLIC_URL": "console.example.com"}, "PUBLIC_URL must be an address with its scheme"),
    (
        {"PUBLIC_URL": "http://h.example", "SECURE_COOKIES": "true"},
        "no browser would send the cookie back; use https://",
    ),
    ({"TRUSTED_HOSTS": "https://console.example.com"}, "TRUSTED_HOSTS: 'https://console.example.com' is no host name"),
    ({"TRUSTED_HOSTS": "*"}, "TRUSTED_HOSTS: '*' is no host name; write it without scheme and path"),
    ({"OFREP_ORIGINS": "*"}, "OFREP_ORIGINS: '*' is no origin; write it like https://shop.example.com"),
    ({"FEED_HOSTS": "http://partner.example"}, "FEED_HOSTS: 'http://partner.example' is no host name"),
    ({"SESSION_SECRET": "short"}, "SESSION_SECRET is shorter than 32 characters; make one: openssl rand"),
    ({"SESSION_SECRET": "x" * 64}, "SESSION_SECRET repeats a few characters; make one: openssl rand"),
    ({"SESSION_SECRET_PREVIOUS": "old"}, "SESSION_SECRET_PREVIOUS is shorter than 32 characters"),
    ({"SESSION_SECRET_FILE": "/nowhere/secret"}, "SESSION_SECRET_FILE: /nowhere/secret cannot be read"),
    ({"SESSION_IDLE_DAYS": "60"}, "SESSION_IDLE_DAYS is larger than SESSION_DAYS, so it would never end a session"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ({"DB_MIN_CONNECTIONS": "20"}, "DB_MIN_CONNECTIONS is larger than DB_MAX_CONNECTIONS; set it to that or less"),
    ({"STORAGE_PROVIDER": "s3"}, "STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET"),
    ({"STORAGE_PROVIDER": "floppy"}, "STORAGE_PROVIDER input should be 'local', 's3', 'cloudflare-r2' or 'azure-blob'"),
    (
        {"AWS_ACCESS_KEY_ID": "AKIA"},
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together; set both, or neither",
    ),
    ({"S3_ENDPOINT": "minio:9000"}, "S3_ENDPOINT must be an address with its scheme, like https://"),
    ({"STORAGE_ACCEL": "accel"}, "STORAGE_ACCEL must be nginx's internal location with a slash at both ends"),
    ({"CLAMD_ADDRESS": "clamd:3310"}, "CLAMD_ADDRESS must begin with tcp:// or unix://"),
    ({"PG_DUMP": "/nowhere/pg_dump"}, "PG_DUMP: there is no /nowhere/pg_dump; name pg_dump itself, or leave it empty"),
    ({"AI_BASE_URL": "https://ai.example.com/v1"}, "AI_BASE_URL is set and AI_MODEL is not; name the model"),
    ({"FLAGS_ENVIRONMENT": "canary"}, "FLAGS_ENVIRONMENT 'canary' is not among FLAG_ENVIRONMENTS; add it there"),
    ({"QUERY_WATCH_MS": "5000"}, "QUERY_WATCH_MS is larger than QUERY_SLOW_MS"),
    ({"LEGACY_SESSION_TABLE": "sessions; DROP TABLE users"}, "LEGACY_SESSION_TABLE string should match pattern"),
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


def test_production_refuses_the_owners_login_for_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = {"DATABASE_OWNER_URL": "postgresql://qd_app:other@127.0.0.1/quarterdeck"}
    with pytest.raises(BadSettings, match="DATABASE_URL logs in as the owner or the backup"):
        read(monkeypatch, PRODUCTION | owner)


def test_good_settings_of_production_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, PRODUCTION).environment == "production"


def test_several_servers_may_be_named_as_libpq_does(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "postgresql://qd_app:p%40w@db1:5432,db2:5433/shop?target_session_attrs=read-write"
    chosen = read(monkeypatch, PRODUCTION | {"DATABASE_URL": listed}).database_url.get_secret_value()
    url = sa.make_url(chosen)
    _, named = url.get_dialect()().create_connect_args(url)
    assert (named["host"], named["port"], named["user"], named["password"]) == ("db1,db2", "5432,5433", "qd_app", "p@w")
    assert libpq_address(chosen) == listed


def test_of_several_servers_the_one_that_answers_is_used(superuser_url: str) -> None:
    url = sa.make_url(superuser_url)
    several = superuser_url.replace(f"@{url.host}:{url.port}", f"@{url.host}:1,{url.host}:{url.port}")
    assert several != superuser_url
    with sa.create_engine(database_address(several)).connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar_one() == 1


def test_several_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as refused:
        read(monkeypatch, {"PORT": "x", "REDIS_URL": "x"})
    assert [line.split()[0] for line in refused.value.message.splitlines()] == ["PORT", "DATABASE_URL", "REDIS_URL"]


def test_several_that_do_not_fit_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as refused:
        read(monkeypatch, GOOD | {"SMTP_URL": "x", "SESSION_IDLE_DAYS": "60", "SOCKET_LIMIT": "5000"})
    named = [line.split()[0] for line in refused.value.message.splitlines()]
    assert named == ["SMTP_URL", "SOCKET_LIMIT", "SESSION_IDLE_DAYS"]


def test_four_single_redis_settings_make_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    single = {"REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_PASSWORD": "p@ss/word", "REDIS_DB": "3"}
    assert read(monkeypatch, GOOD | single).redis_url.get_secret_value() == "redis://:p%40ss%2Fword@cache:6380/3"


COMMANDS = {
    "web": ("gunicorn", "-c", "gunicorn.conf.py", "-w", "1", "-b", "127.0.0.1:0", "wsgi:app"),
    "relay": ("flask", "relay"),
    "worker": ("celery", "-A", "app.worker", "worker", "--concurrency", "1"),
    "doctor": ("flask", "doctor"),
    "migration": ("flask", "db", "upgrade"),
}
STARTS = [
    ("web", {"LIMIT_EVERYTHING": "1/min"}, "LIMIT_EVERYTHING names no limit; remove it or use one of"),
    ("web", {"SESSION_SECRET": "short", "SMTP_URL": "x"}, "SMTP_URL must begin with smtp:// or smtps://"),
    ("web", {"WEB_WORKERS": "abc", "PORT": ""}, "WEB_WORKERS input should be a valid integer"),
    ("web", {"WORKER_CONNECTIONS": "abc", "PORT": "http"}, "PORT input should be a valid integer"),
    ("web", {"REDIS_URL": "redis://h:notaport/0"}, "REDIS_URL cannot be read: its port is no number"),
    ("worker", {"DATABASE_REPLICA_URLS": "postgresql://r:port"}, "DATABASE_REPLICA_URLS names a server in a way"),
    ("relay", {"SESSION_IDLE_DAYS": "60"}, "SESSION_IDLE_DAYS is larger than SESSION_DAYS"),
    ("worker", {"STORAGE_PROVIDER": "s3"}, "STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET"),
    ("doctor", {"QUARTERDECK_ENV": "production"}, "SECURE_COOKIES must be true in production"),
    ("migration", {"DATABASE_URL": "mysql://h/db"}, "DATABASE_URL must be a PostgreSQL address"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("process", "change", "message"), STARTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_process_does_not_start_and_says_why_instead_of_a_stack(
    environment: dict[str, str], process: str, change: dict[str, str], message: str
) -> None:
    environ = {"PATH": os.environ["PATH"], "FLASK_APP": "app:create_app", **environment, **change}
    command = [sys.executable, "-m", *COMMANDS[process]]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 3
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    if process == "web":
        assert "Quarterdeck does not start.\n" in done.stderr


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
