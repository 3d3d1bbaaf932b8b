"""One PostgreSQL cluster and one Valkey per run, one database per worker, fresh companies per test."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from app import create_app
from app.core.tenancy import system_work
from config import Settings
from tests import services as servers
from tests.site import Site, running_site
from tests.world import Person, World

ROOT = Path(__file__).parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
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


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, in the controller; workers only attach."""
    if hasattr(config, "workerinput"):
        config.stash[SERVICES] = servers.attach(config.workerinput["services"])
        return
    if config.option.collectonly:
        return
    home = Path(os.environ.get("PYTEST_TMP", "")) if os.environ.get("PYTEST_TMP") else None
    running = servers.start_services(home)
    config.stash[SERVICES] = running
    urls = running.create_database(name=TEMPLATE)
    migrate(urls, running.redis_url, ROOT / "var")
    open_gates(running.superuser_url(TEMPLATE))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers the controller started."""
    # Threads of the apps go on for a moment; what they say about servers that stop is no part of the run's output.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if not hasattr(config, "workerinput") and SERVICES in config.stash:
        config.stash[SERVICES].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # Any: xdist's worker controller
    """Tell each worker where the servers are."""
    node.workerinput["services"] = node.config.stash[SERVICES].describe()


# Fixtures that start processes; a test that has one of them plays on the live stage.
REAL_PROCESSES = {"site", "open_page", "hall", "strict"}
SERVICES = pytest.StashKey[servers.Services]()


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest) -> servers.Services:
    """The run's servers."""
    return request.config.stash[SERVICES]


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """This worker's number, 0 without xdist."""
    name = getattr(request.config, "workerinput", {}).get("workerid", "gw0")
    return int(name.removeprefix("gw"))


@dataclass(frozen=True)
class Stage:
    """A database, a Valkey database, and the app on them."""

    urls: dict[str, str]
    superuser_url: str
    redis_url: str
    environment: dict[str, str]
    app: Flask


def build_stage(services: servers.Services, redis_number: int, home: Path) -> Iterator[Stage]:
    """Make a stage and let go of its connections afterwards."""
    from app.core.db import db

    urls = services.create_database(template=TEMPLATE)
    redis_url = services.worker_redis_url(redis_number)
    superuser_url = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
    environment = environment_for(urls, redis_url, home)
    made = create_app(settings_from(environment))
    yield Stage(urls, superuser_url, redis_url, environment, made)
    with made.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(autouse=True)
def mended_breakers() -> Iterator[None]:
    """Breakers belong to the process: what one test broke must not refuse the next one's calls."""
    yield
    from app.breakers import registry
    from app.breakers.states import State

    for one in registry.breakers():
        if one.state is not State.CLOSED or any(one.figures_now()[1:]):
            one.force(None)
            registry.reset(one.name)


@pytest.fixture(scope="session")
def quiet_stage(
    services: servers.Services, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Where nothing moves but what the test does: no relay, no worker."""
    yield from build_stage(services, worker_number, tmp_path_factory.mktemp("quiet"))


@pytest.fixture(scope="session")
def live_stage(
    services: servers.Services, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Where real processes run beside the test."""
    yield from build_stage(services, worker_number + 8, tmp_path_factory.mktemp("live"))


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """The stage of this test: the live one when it asks for real processes."""
    found: Stage = request.getfixturevalue(
        "live_stage" if REAL_PROCESSES & set(request.fixturenames) else "quiet_stage"
    )
    return found


@pytest.fixture
def urls(stage: Stage) -> dict[str, str]:
    """The settings of every database role."""
    return stage.urls


@pytest.fixture
def superuser_url(stage: Stage) -> str:
    """Behind row-level security: to build the world and to look for leaks."""
    return stage.superuser_url


@pytest.fixture
def redis_url(stage: Stage) -> str:
    """This stage's database of the run's Valkey."""
    return stage.redis_url


@pytest.fixture
def environment(stage: Stage) -> dict[str, str]:
    """The environment of processes started on this stage."""
    return stage.environment


@pytest.fixture
def app(stage: Stage) -> Flask:
    """The app on this stage."""
    take_process(stage.app)
    return stage.app


def take_process(app: Flask) -> None:
    """Give an app what a process has once: a real one holds one app, a test's may have made others since."""
    from kombu import pools

    from app.breakers.feature import take_breakers
    from app.core.broker import configure
    from app.extensions import celery

    settings: Settings = app.config["SETTINGS"]
    take_breakers(app)
    if celery.conf.broker_url != settings.redis_url.get_secret_value():
        configure(celery, settings)
        pools.reset()  # Celery and kombu keep connections for the life of a process
        celery._pool = None
        celery.__dict__.pop("amqp", None)


@pytest.fixture
def world(app: Flask, superuser_url: str) -> Iterator[World]:
    """A maker of fresh companies and people."""
    made = World(app, superuser_url)
    yield made
    made.close()


@pytest.fixture
def ada(world: World) -> Person:
    """Admin of the company the test is about."""
    return world.harbour("company_admin")


@pytest.fixture
def sam(world: World) -> Person:
    """Staff of ada's company."""
    return world.harbour("staff")


@pytest.fixture
def vera(world: World) -> Person:
    """Viewer of ada's company."""
    return world.harbour("viewer")


@pytest.fixture
def cleo(world: World) -> Person:
    """Admin of another company: the outsider."""
    return world.northwind("company_admin")


@pytest.fixture
def pat(world: World) -> Person:
    """Platform admin."""
    return world.platform_admin()


@pytest.fixture
def pump(app: Flask) -> Callable[[], int]:
    """Sequence everything in the outbox now, as the relay would."""

    def run() -> int:
        from app.core import relay

        with app.app_context(), system_work():
            return relay.pump(app)

    return run


@pytest.fixture(scope="session")
def site(live_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real processes: gunicorn with two workers, the relay, a Celery worker."""
    with running_site(dict(live_stage.environment), tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Open a browser window of somebody: `open_page(ada, "/orders")`. Every window has its own cookies."""
    contexts = []

    def run(person: Person | None = None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        if person is not None:
            answer = context.request.post(
                "/api/login",
                data={"email": person.email, "password": person.password},
                headers={"Sec-Fetch-Site": "same-origin"},
            )
            assert answer.ok, answer.text()
        page = context.new_page()
        page.goto(path)
        return page

    yield run
    for context in contexts:
        context.close()
