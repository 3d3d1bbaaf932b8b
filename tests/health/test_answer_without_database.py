"""PostgreSQL away: what needs none of it answers as ever, to somebody signed in as well; no error page fails itself."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.core import metrics, process
from app.core.second_try import TIME_S
from app.health import checks
from tests import stage
from tests.faults.proxy import FaultProxy
from tests.services import Services
from tests.world import Person, World, superuser

pytestmark = pytest.mark.slow
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def proxy(services: Services) -> Iterator[FaultProxy]:
    """The way to the run's PostgreSQL, which may be closed."""
    with psycopg.connect(services.superuser_url("postgres")) as link:
        target = (link.info.host, link.info.port)
    with FaultProxy(target=target) as made:
        yield made


@pytest.fixture
def lonely(
    services: Services, redis_url: str, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """An app whose every login goes through the proxy, as impatient as a web process."""
    monkeypatch.setattr(process, "_kind", "web")
    urls = {name: proxy.url_of(url) for name, url in services.create_database(template=stage.TEMPLATE).items()}
    app = create_app(stage.settings_from(stage.environment_for(urls, redis_url, tmp_path)))
    stage.take_process(app)
    yield app
    proxy.heal()
    stage.let_go(app)


@pytest.fixture
def reader(services: Services, lonely: Flask) -> Iterator[Person]:
    """Somebody signed in, whose database has just gone."""
    name = sa.make_url(lonely.config["SETTINGS"].database_url.get_secret_value()).database or ""
    world = World(lonely, superuser(services.superuser_url(name)))
    person = world.harbour("company_admin")
    assert person.get("/orders").status_code == 200
    yield person
    world.sql.close()


@pytest.mark.parametrize("how", ["down", "timeout"])
def test_error_pages_need_no_database(reader: Person, proxy: FaultProxy, how: str) -> None:
    assert "Overview" in reader.get("/nope", headers=BROWSER).text, "inside the console"
    getattr(proxy, how)()
    for method, path, status in (("GET", "/nope", 404), ("GET", "/favicon.ico", 404), ("DELETE", "/orders", 405)):
        begun = time.monotonic()
        answer = reader.ask(method, path, headers=BROWSER)
        assert (answer.status_code, time.monotonic() - begun < 3) == (status, True), path
        assert reader.name not in answer.text
        assert answer.headers["X-Request-Id"] in answer.text
    piece = reader.get("/nope", headers={**BROWSER, "HX-Request": "true", "HX-Request-Type": "partial"})
    assert (piece.status_code, 'data-problem="not-found"' in piece.text) == (404, True)
    proxy.heal()


def test_the_app_on_a_phone_keeps_its_files(reader: Person, proxy: FaultProxy) -> None:
    files = ("/manifest.webmanifest", "/service-worker.js")
    assert [reader.get(path).status_code for path in files] == [404, 404], "the flag is off for them"
    proxy.down()
    assert [reader.get(path).status_code for path in files] == [200, 200]


def test_metrics_tell_what_the_process_knows(reader: Person, lonely: Flask, proxy: FaultProxy) -> None:
    proxy.down()
    lonely.extensions[checks.EXTENSION] = checks.Checks(lonely)
    begun = time.monotonic()
    answer = lonely.test_client().get("/metrics")
    assert answer.status_code == 200
    assert time.monotonic() - begun < TIME_S, "a page would wait as long for the database to come back"
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }
    assert found["quarterdeck_database_up",] == 0
    assert found["quarterdeck_redis_up",] == 1
    assert found["quarterdeck_figures_missing", "queues"] == 1
    assert found["quarterdeck_figures_missing", "breakers"] == 0
    assert any(name == "quarterdeck_requests_total" for name, *_ in found)


def test_one_feature_that_fails_takes_no_others_figures(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[metrics.Metric]:
        raise ZeroDivisionError

    monkeypatch.setitem(metrics._asked, "queues", fail)
    answer = app.test_client().get("/metrics")
    assert 'quarterdeck_figures_missing{source="queues"} 1.0' in answer.text
    assert 'quarterdeck_figures_missing{source="breakers"} 0.0' in answer.text
    assert "resilience4j_circuitbreaker_state" in answer.text
