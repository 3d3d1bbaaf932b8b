"""A database, a Valkey database and an app on them; and what a process has once, made as new for each test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import structlog
from flask import Flask
from kombu import pools

from app import create_app
from app.breakers import arm_counts, registry
from app.breakers.feature import TOPIC, take_breakers
from app.breakers.states import State
from app.core import arms, guards, process
from app.core.broker import configure
from app.core.db import db
from app.core.jobs import release
from app.core.pushed import pushed_of
from app.extensions import celery
from app.health.checks import EXTENSION as HEALTH
from app.health.checks import Checks
from config import Settings
from tests.services import Services

ROOT = Path(__file__).parent.parent
TEMPLATE = "quarterdeck_template"
TEST_SECRET = "a-secret-only-for-tests-0123456789abcdef"
OPEN_LIMITS = {f"LIMIT_{name}": "100000/min" for name in ("API", "PAGE", "SEARCH", "GLOBAL", "IP", "BURST", "UPLOAD", "SOCKETS", "SOCKET_SESSION", "SOCKET_MESSAGES")}  # fmt: skip


def environment_for(urls: dict[str, str], redis_url: str, home: Path) -> dict[str, str]:
    """Return the environment of a process under test."""
    return {
        **urls,
        **OPEN_LIMITS,
        "REDIS_URL": redis_url,
        "QUARTERDECK_ENV": "test",
        "QUARTERDECK_HOME": str(home),
        "UPLOAD_DIR": str(home / "uploads"),
        "SESSION_SECRET": TEST_SECRET,
        "LOG_LEVEL": "WARNING",
        "OFREP_ORIGINS": "https://shop.test",
    }


def migrate(urls: dict[str, str], redis_url: str, home: Path) -> None:
    """Bring a database to the newest schema, as `flask db upgrade` does: an app here would keep connections to it."""
    environment = {**os.environ, **environment_for(urls, redis_url, home), "FLASK_APP": "app:create_app"}
    subprocess.run([sys.executable, "-m", "flask", "db", "upgrade"], cwd=ROOT, env=environment, check=True)


def open_gates(superuser_url: str) -> None:
    """Switch bulk acts on for every company, and no share of people apart: what a test sees must not be drawn."""
    with psycopg.connect(superuser_url) as sql:
        sql.execute(
            'UPDATE flag_environments SET settings = settings || \'{"enabled": true, "percentage": 100000}\' '
            "WHERE flag_key = 'bulk-operations'"
        )
        sql.execute(
            "UPDATE flag_environments SET settings = settings || '{\"percentage\": 0}' WHERE flag_key = 'mobile-app'"
        )


def settings_from(environment: dict[str, str]) -> Settings:
    """Build Settings from given values only, whatever this shell's environment holds."""
    fields = {name.upper(): name for name in Settings.model_fields}
    aliases = {"QUARTERDECK_ENV": "QUARTERDECK_ENV"}
    known: dict[str, Any] = {
        {**fields, **aliases}[key]: value for key, value in environment.items() if key in fields or key in aliases
    }
    for key, value in environment.items():
        if key.startswith("LIMIT_"):
            os.environ[key] = value
    return Settings(**known)


@dataclass(frozen=True)
class Stage:
    """A database, a Valkey database, and the app on them."""

    urls: dict[str, str]
    superuser_url: str
    redis_url: str
    environment: dict[str, str]
    app: Flask


def build_stage(services: Services, redis_number: int, home: Path) -> Iterator[Stage]:
    """Make a stage and let go of its connections afterwards."""
    urls = services.create_database(template=TEMPLATE)
    redis_url = services.worker_redis_url(redis_number)
    superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
    # Patient: a machine that is busy for 100 ms is no outage, and would make a test's app rest for a second.
    environment = {**environment_for(urls, redis_url, home), "REDIS_BUDGET_MS": "2000", "DB_SILENCE_MS": "20000"}
    made = create_app(settings_from(environment))
    yield Stage(urls, superuser_url, redis_url, environment, made)
    let_go(made)


def let_go(app: Flask) -> None:
    """End an app's thread and its connections: an app is never collected, and goes on following its database."""
    pushed_of(app).stop()
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


_at_work: list[Flask] = []


def take_process(app: Flask) -> None:
    """Give an app what a process has once: a real one holds one app, a test's may have made others since."""
    before = _at_work[0] if _at_work else app
    _at_work[:] = [app]
    if before is not app:
        change_places(before, app)
    take_breakers(app)
    app.extensions[HEALTH] = Checks(app)  # its answers are kept for two seconds, longer than a test
    settings: Settings = app.config["SETTINGS"]
    if celery.conf.broker_url != settings.redis_url.get_secret_value():
        configure(celery, settings)
        pools.reset()  # Celery and kombu keep connections for the life of a process
        celery._pool = None
        celery.__dict__.pop("amqp", None)


def change_places(before: Flask, app: Flask) -> None:
    """End the thread of the app before, and forget what its database says of this process's breakers."""
    was_following = pushed_of(before)._thread is not None
    pushed_of(before).stop()
    for name in list(registry._settings):
        registry.apply_settings(name, {})
    keeper = pushed_of(app)
    keeper.stop()
    keeper._after_fork()
    keeper.held[TOPIC] = 0
    if was_following:
        keeper.ensure_started()


def mend_process() -> None:
    """Undo what a test did to the process: breakers it broke, variants it was given, whose process it is."""
    guards.begin_request(is_unguarded=False)
    arms.watch.on = False
    arms.begin()
    arm_counts.drain()
    process.set_kind("command")
    structlog.contextvars.clear_contextvars()
    release._rests_until = 0.0
    release._probed_at.clear()
    for one in registry.breakers():
        if one.state is not State.CLOSED or any(one.figures_now()[1:]):
            one.force(None)
            registry.reset(one.name)
