"""Each login where it belongs: the start looks at all three, and says what the server said when it lets one not in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app import create_app
from app.core import guards
from app.core.embedded import ports
from app.core.tenancy_check import check_database, find_logins_faults
from config import BadSettings
from tests import stage

ROOT = Path(__file__).parents[2]


def changed(address: str, **parts: str) -> str:
    """Return an address with another password, database …"""
    return make_url(address).set(**parts).render_as_string(hide_password=False)


def faults_with(environment: dict[str, str], **settings: str) -> list[str]:
    """Return what is found on an installation with these settings instead."""
    app = create_app(stage.settings_from(environment | settings))
    try:
        with guards.unguarded():
            return find_logins_faults(app)
    finally:
        stage.let_go(app)


def test_the_logins_of_bootstrap_are_right(app: Flask) -> None:
    assert find_logins_faults(app) == []


@pytest.mark.parametrize("setting", ["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_PLATFORM_URL"])
def test_the_owners_login_is_refused_everywhere(environment: dict[str, str], setting: str) -> None:
    (fault,) = faults_with(environment, **{setting: environment["DATABASE_OWNER_URL"]})
    assert fault.startswith(
        f"{setting}: the login qd_owner owns the tables, so it could lift their rules. Use the login"
    )


@pytest.mark.parametrize("setting", ["DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_PLATFORM_URL"])
def test_a_login_past_row_level_security_is_refused_everywhere(environment: dict[str, str], setting: str) -> None:
    (fault,) = faults_with(environment, **{setting: environment["DATABASE_BACKUP_URL"]})
    assert fault.startswith(f"{setting}: the login qd_backup is BYPASSRLS; companies would see each other.")


def test_a_login_of_another_setting_is_refused(environment: dict[str, str]) -> None:
    system, platform = faults_with(
        environment,
        DATABASE_SYSTEM_URL=environment["DATABASE_URL"],
        DATABASE_PLATFORM_URL=environment["DATABASE_SYSTEM_URL"],
    )
    assert system == (
        "DATABASE_SYSTEM_URL: qd_app is the login of another setting. Use the login that `flask db bootstrap` makes "
        "(qd_system)."
    )
    assert platform.startswith("DATABASE_PLATFORM_URL: qd_system is the login of another setting.")


@pytest.mark.parametrize(
    ("setting", "parts", "said"),
    [
        ("DATABASE_URL", {"password": "wrong-pw"}, 'password authentication failed for user "qd_app"'),
        ("DATABASE_SYSTEM_URL", {"username": "nobody", "password": "wrong-pw"}, 'for user "nobody"'),
        ("DATABASE_PLATFORM_URL", {"database": "elsewhere"}, 'database "elsewhere" does not exist'),
    ],
)
def test_what_the_server_said_is_told_without_the_password(
    environment: dict[str, str], setting: str, parts: dict[str, str], said: str
) -> None:
    (fault,) = faults_with(environment, **{setting: changed(environment[setting], **parts)})
    assert fault.startswith(f"{setting}: the database does not let us in (")
    assert said in fault
    assert "wrong-pw" not in fault


def test_a_database_that_is_away_is_no_reason_not_to_start(environment: dict[str, str]) -> None:
    nowhere = str(ports.find_free_port())
    names = ("DATABASE_URL", "DATABASE_SYSTEM_URL", "DATABASE_PLATFORM_URL")
    away = {name: environment[name].replace(f":{make_url(environment[name]).port}/", f":{nowhere}/") for name in names}
    app = create_app(stage.settings_from(environment | away))
    with guards.unguarded():
        check_database(app)
    stage.let_go(app)


def test_the_start_raises_what_was_found(environment: dict[str, str]) -> None:
    app = create_app(stage.settings_from(environment | {"DATABASE_SYSTEM_URL": environment["DATABASE_URL"]}))
    with guards.unguarded(), pytest.raises(BadSettings, match="login of another setting"):
        check_database(app)
    stage.let_go(app)


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("gunicorn", "-c", "gunicorn.conf.py", "-b", "127.0.0.1:0", "wsgi:app"),
        ("flask", "relay"),
        ("celery", "-A", "app.worker", "worker", "--pool", "solo"),
    ],
    ids=["web", "relay", "worker"],
)
def test_no_process_starts_with_a_wrong_password(environment: dict[str, str], words: tuple[str, ...]) -> None:
    wrong = changed(environment["DATABASE_URL"], password="wrong-pw")
    environ = {"PATH": os.environ["PATH"], "FLASK_APP": "app:create_app", **environment, "DATABASE_URL": wrong}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 3
    assert (
        'DATABASE_URL: the database does not let us in (password authentication failed for user "qd_app")'
        in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert "wrong-pw" not in done.stderr
