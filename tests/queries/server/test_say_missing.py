"""What is missing for PostgreSQL's figures is said with what mends it."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy.engine import make_url

from app.queries.server import link
from app.queries.server.collect import collect, collect_counters
from app.queries.server.link import OurServer
from app.queries.server.notices import find_notices
from app.queries.server.problems import CountersMissing


@pytest.fixture
def bare(root: Any, services: Any, urls: dict[str, str]) -> Iterator[OurServer]:
    """A database without the extension, asked by a login without a right."""
    made = f"bare_{uuid4().hex[:10]}"
    root.execute(f"CREATE DATABASE {made}")
    root.execute(f"CREATE ROLE {made} LOGIN PASSWORD 'bare'")
    root.execute(f"GRANT CONNECT ON DATABASE {made} TO {made}")
    url = make_url(urls["DATABASE_URL"]).set(username=made, password="bare", database=made)
    yield OurServer(url.render_as_string(hide_password=False))
    root.execute(f"DROP DATABASE {made} WITH (FORCE)")
    root.execute(f"DROP ROLE {made}")


def codes(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {one.code: one.mend for one in find_notices()}


def test_our_own_server_lacks_nothing_that_matters(app):
    with app.app_context():
        assert [one.code for one in find_notices() if one.is_serious] == []


def test_each_missing_right_is_named_with_its_grant(app, bare, monkeypatch):
    monkeypatch.setattr(link, "ours", lambda: bare)
    found = codes(app)
    assert found["no-read-all-stats"].startswith("GRANT pg_read_all_stats TO ")
    assert found["counters-missing"] == "CREATE EXTENSION pg_stat_statements;"


def test_a_monitor_that_could_do_anything_is_said(app, superuser_url, monkeypatch):
    monkeypatch.setattr(link, "ours", lambda: OurServer(superuser_url))
    assert codes(app)["monitor-is-superuser"].endswith("NOSUPERUSER;")


def test_a_server_that_is_away_and_a_login_that_is_not_set_are_said(app, monkeypatch):
    monkeypatch.setattr(link, "ours", lambda: OurServer("postgresql://nobody@127.0.0.1:1/nowhere"))
    assert list(codes(app)) == ["monitor-away"]
    monkeypatch.setattr(link, "ours", lambda: OurServer(None))
    assert list(codes(app)) == ["monitor-missing"]


def test_without_the_extension_nothing_is_collected_and_the_relay_goes_on(app, bare, monkeypatch):
    with app.app_context():
        with pytest.raises(CountersMissing):
            collect(bare)
        monkeypatch.setattr("app.queries.server.collect.ours", lambda: bare)
        collect_counters()


def test_a_login_without_the_right_still_counts_what_it_sees(app, bare, root, superuser_url, monkeypatch):
    url = make_url(superuser_url).set(database=make_url(bare.url or "").database)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as link_:
        link_.execute("CREATE EXTENSION pg_stat_statements")
    with app.app_context():
        collect(bare)
        assert collect(bare) == 0
