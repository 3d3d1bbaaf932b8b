"""Addresses, folders and names that would start and fail later, or end the start with a stack: each is told in a sentence."""

import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from config import BadSettings
from tests.health.test_refuse_bad_settings import GOOD, PRODUCTION, read

ROOT = Path(__file__).parents[2]
LOGIN = "postgresql://qd_app:secret-pw@h/db"
BAD = [
    ({"REDIS_URL": "redis://:secret-pw@h:port/0"}, "REDIS_URL cannot be read: its port is no number; write redis://"),
    ({"REDIS_URL": "redis://:secret-pw@h/first"}, "REDIS_URL names its database by something else than a number"),
    ({"REDIS_URL": "redis://h/0?socket_timeout=soon"}, "REDIS_URL cannot be read: what stands behind its ?"),
    ({"BROKER_URL": "redis://h:port/0"}, "BROKER_URL cannot be read: its port is no number"),
    ({"BROKER_URL": "amqp://u:secret-pw@h:port//"}, "BROKER_URL has a port that is none; write it like amqp://"),
    ({"DATABASE_REPLICA_URLS": "postgresql://r:port"}, "DATABASE_REPLICA_URLS names a server in a way that cannot"),
    ({"DATABASE_URL": f"{LOGIN}?sslmode=nonsense"}, "DATABASE_URL has sslmode=nonsense; it can be disable, allow"),
    ({"DATABASE_URL": f"{LOGIN}?target_session_attrs=write"}, "DATABASE_URL has target_session_attrs=write; it can be"),
    ({"DATABASE_URL": f"{LOGIN}?colour=red"}, 'DATABASE_URL names a connection option "colour" that PostgreSQL'),
    ({"DATABASE_URL": f"{LOGIN}?connect_timeout=soon"}, "DATABASE_URL has a connect_timeout that is no whole number"),
    ({"PUBLIC_URL": "http://localhost:port"}, "PUBLIC_URL has a port that is none; write it like https://"),
    ({"S3_ENDPOINT": "http://minio:99999"}, "S3_ENDPOINT has a port that is none"),
    ({"S3_ENDPOINT": "http://[minio:9000"}, "S3_ENDPOINT must be an address with its scheme"),
    ({"PUBLIC_URL": "https://console.example.com"}, "PUBLIC_URL names a host that is not among TRUSTED_HOSTS"),
    ({"TRUSTED_HOSTS": "example.com:99999"}, "TRUSTED_HOSTS: 'example.com:99999' cannot be read; write a host name"),
    ({"SMTP_URL": "smtp://"}, "SMTP_URL names no server, or a port that is none; write it like smtp://"),
    ({"SMTP_URL": "smtp://u:secret-pw@h:port"}, "SMTP_URL names no server, or a port that is none"),
    ({"MAIL_FROM": "@"}, "MAIL_FROM holds no address; write it as Quarterdeck <quarterdeck@example.com>"),
    ({"MAIL_FROM": "a@b.example\r\nBcc: c@d.example"}, "MAIL_FROM goes over several lines"),
    ({"EVENT_KEEP_DAYS": "999999999"}, "EVENT_KEEP_DAYS input should be less than or equal to 3650"),
    ({"UPLOAD_DIR": "/etc/passwd"}, "UPLOAD_DIR: /etc/passwd is no folder, and none can be made there"),
    ({"UPLOAD_DIR": "/etc/passwd/files"}, "UPLOAD_DIR: /etc/passwd/files is no folder, and none can be made there"),
    ({"QUARTERDECK_HOME": "/etc/passwd"}, "QUARTERDECK_HOME: /etc/passwd is no folder"),
    ({"LOG_DIR": "/proc/none"}, "LOG_DIR: nothing can be written to /proc/none; name a folder of ours"),
    ({"SESSION_SECRET_FILE": "/dev/null", "SESSION_SECRET": "0123456789abcdef" * 3}, "are both set; keep one of them"),
    ({"SESION_SECRET": "x"}, "SESION_SECRET: no such setting; write SESSION_SECRET, or remove it"),
    ({"MAIL_FORM": "x"}, "MAIL_FORM: no such setting; write MAIL_FROM, or remove it"),
    ({"SMTP_URL_FLIE": "x"}, "SMTP_URL_FLIE: no such setting; write SMTP_URL_FILE, or remove it"),
    ({"QUARTERDECK_ENV": "staging", "FLASK_DEBUG": "1"}, "FLASK_DEBUG=1 shows code and values to whoever meets an"),
]
OF_OTHERS = (
    "DATABASE_ADMIN_URL", "WEB_HOST", "LOAD_DEMO", "FORWARDED_ALLOW_IPS", "POSTGRES_PASSWORD", "VALKEY_PASSWORD",
    "QD_APP_PASSWORD", "AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "SSL_CERT_FILE", "FLASK_APP", "PGHOST",
    "REDIS_PORT_6379_TCP", "KUBERNETES_SERVICE_HOST", "HOSTNAME", "PORTS",
)  # fmt: skip


@pytest.mark.parametrize(("change", "message"), BAD, ids=lambda value: str(value)[:40])
def test_what_would_fail_later_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], message: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        read(monkeypatch, GOOD | change)
    assert message in refused.value.message
    assert len(refused.value.message.splitlines()) == 1
    assert "secret-pw" not in refused.value.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FLASK_DEBUG": "true"}, "FLASK_DEBUG=true shows code and values"),
        ({"LIMIT_AUTH": "off"}, "LIMIT_AUTH=off lets anybody try passwords without end; write it like 5/15min"),
        ({"PUBLIC_URL": "https://other.example.com"}, "PUBLIC_URL names a host that is not among TRUSTED_HOSTS"),
    ],
)
def test_production_is_not_started_unsafe(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], message: str
) -> None:
    with pytest.raises(BadSettings, match=message):
        read(monkeypatch, PRODUCTION | change)


def test_what_is_meant_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    good = {
        "TRUSTED_HOSTS": ".example.com,[::1],inner:8080", "FLASK_DEBUG": "0", "LIMIT_AUTH": "50/min",
        "SMTP_URL": "smtp://u:p%40ss@mail.example.com", "MAIL_FROM": "Ängström & Co <post@example.com>",
        "REDIS_URL": "rediss://:p%2Fw@[::1]:6379/3", "BROKER_URL": "amqps://u:p@h1:5671/shop",
        "LOG_DIR": str(tmp_path / "new/logs"), "UPLOAD_DIR": str(tmp_path / "not/yet"),
        "DATABASE_REPLICA_URLS": "postgresql://r1:5432, postgresql://r2",
        "DATABASE_SYSTEM_URL": "postgresql://qd_system@h1:1,h2:2/db?sslmode=verify-full&target_session_attrs=read-write",
    }  # fmt: skip
    others = dict.fromkeys(OF_OTHERS, "something")
    assert read(monkeypatch, PRODUCTION | good | others).log_dir == tmp_path / "new/logs"


def gunicorn_settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Read gunicorn.conf.py here, without leaving its folder of metrics to every server that later tests start."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/nowhere")
    return runpy.run_path(str(ROOT / "gunicorn.conf.py"))


@pytest.mark.parametrize("value", ["abc", "", "0", "-1", "1.5", "nan"])
@pytest.mark.parametrize("name", ["WEB_WORKERS", "WORKER_CONNECTIONS", "PORT"])
def test_gunicorn_reads_its_settings_and_leaves_the_refusal_to_the_application(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for one in ("WEB_WORKERS", "WORKER_CONNECTIONS", "PORT", "WEB_HOST"):
        monkeypatch.delenv(one, raising=False)
    monkeypatch.setenv(name, value)
    found = gunicorn_settings(monkeypatch)
    assert (found["workers"], found["worker_connections"], found["bind"]) == (2, 2500, "127.0.0.1:3000")
    if value:
        with pytest.raises(BadSettings, match=f"{name} input should be"):
            read(monkeypatch, GOOD | {name: value})


def test_gunicorn_takes_what_the_application_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WEB_WORKERS": " 3 ",
        "WORKER_CONNECTIONS": "3000.0",
        "PORT": "8000",
        "WEB_HOST": "::1",
    }.items():
        monkeypatch.setenv(name, value)
    found = gunicorn_settings(monkeypatch)
    assert (found["workers"], found["worker_connections"]) == (3, 3000)
    assert os.environ["PORT"] in found["bind"]
