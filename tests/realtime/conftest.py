"""A real gunicorn with two workers and a relay, with the tests' lanterns in it."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.core.embedded.ports import find_free_port
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.lanterns import init_lanterns
from tests.site import Site
from tests.stage import Stage
from tests.world import Person


@pytest.fixture(scope="session")
def hall(live_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two web workers and a relay on the live stage."""
    init_lanterns(live_stage.app)
    port = find_free_port()
    site = Site(
        f"http://127.0.0.1:{port}", {**live_stage.environment, "PORT": str(port)}, tmp_path_factory.mktemp("hall")
    )
    site.environment["WEB_WORKERS"] = "2"
    try:
        site.start("web", "gunicorn", "-c", "gunicorn.conf.py", "tests.realtime.lantern_wsgi:app")
        site.start_relay()
        site.wait_until_ready()
        yield site
    finally:
        site.stop()


@pytest.fixture
def lanterns(app: Flask) -> None:
    """The tests' own topic, in this process."""
    init_lanterns(app)


@pytest.fixture
def listen(hall: Site) -> Iterator[Callable[..., Ear]]:
    """Open sockets that are closed at the end of the test."""
    opened: list[Ear] = []

    def open_ear(person: Person, **hello: object) -> Ear:
        ear = Ear(hall.url, cookie=cookie_of(person), **hello)  # type: ignore[arg-type]
        opened.append(ear)
        return ear.open()

    yield open_ear
    for ear in opened:
        ear.close()
