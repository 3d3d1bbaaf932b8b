"""One PostgreSQL cluster and one Valkey per run, one database per worker, fresh companies per test."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright

from app.accounts import passwords
from app.core import pulse
from app.core.tenancy import NOBODY, enter, system_work
from tests import services as servers
from tests.site import Site, running_site
from tests.stage import ROOT, TEMPLATE, Stage, build_stage, mend_process, migrate, open_gates, take_process
from tests.world import HASHER, Person, World, kept_superuser

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


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
    running.keep_mould()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers the controller started."""
    # Threads of the apps go on for a moment; what they say about servers that stop is no part of the run's output.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if not hasattr(config, "workerinput") and SERVICES in config.stash:
        config.stash[SERVICES].stop()


def pytest_terminal_summary(terminalreporter: Any) -> None:  # Any: pytest's own
    """Say what could not be tested here: never silently."""
    from tests.storage import azurite

    reports = [one for kind in ("passed", "failed", "error") for one in terminalreporter.stats.get(kind, ())]
    if any(one.nodeid.startswith("tests/storage/contract") for one in reports) and (why := azurite.why_not()):
        terminalreporter.write_line(f"Azure was not tested: {why}.", yellow=True)
    if any(name == "without_hypopg" for one in reports for name, _ in getattr(one, "user_properties", ())):
        terminalreporter.write_line("HypoPG was not tested: the server has no such extension.", yellow=True)
    for why in sorted(
        {value for one in reports for name, value in getattr(one, "user_properties", ()) if name == "not tested"}
    ):
        terminalreporter.write_line(f"{why}.", yellow=True)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # Any: xdist's worker controller
    """Tell each worker where the servers are."""
    node.workerinput["services"] = node.config.stash[SERVICES].describe()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Play on the live stage last: its processes look for work all the time, and idle beside all other tests.

    Within each half the order stays as pytest-randomly drew it; the halves share no database.
    """
    items.sort(key=plays_live)


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


@pytest.fixture(autouse=True)
def mended_process() -> Iterator[None]:
    """What one test did to the process must not meet the next one."""
    yield
    mend_process()


@pytest.fixture(autouse=True)
def nobody() -> None:
    """Begin as nobody, with time: the last request of another test is not to say whose rows this one sees, and how long."""
    enter(NOBODY)
    pulse.begin_request(None)


@pytest.fixture(scope="session", autouse=True)
def product_hasher() -> Iterator[PasswordHasher]:
    """The hasher of the product; here passwords cost no time, because nearly every test looks at some."""
    product = passwords._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", HASHER)
        yield product


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


def plays_live(item: pytest.Item) -> bool:
    """Say whether a test asks for real processes."""
    return not REAL_PROCESSES.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Stage:
    """The stage of this test: the live one when it asks for real processes."""
    found: Stage = request.getfixturevalue("live_stage" if plays_live(request.node) else "quiet_stage")
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


@pytest.fixture
def world(app: Flask, superuser_url: str) -> World:
    """A maker of fresh companies and people."""
    return World(app, kept_superuser(superuser_url))


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
