"""Requests over a limit: who is refused, what the answer says, and what never breaks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core.ids import new_ulid
from app.core.redis import EXTENSION as REDIS
from app.core.redis import RequestRedis, connect
from app.limits import front, service
from app.limits.counter import EXTENSION, Limits
from app.limits.table import DEFAULTS
from app.limits.window import MemoryWindows
from tests.world import Person


@pytest.fixture
def narrow(app: Flask) -> Iterator[Any]:
    """Set limits for one test: narrow(api=3)."""
    before: Limits = app.extensions[EXTENSION]

    def change(**amounts: int) -> Limits:
        table = {name: replace(limit, amount=amounts.get(name, limit.amount)) for name, limit in before.table.items()}
        app.extensions[EXTENSION] = Limits(table, MemoryWindows(2))
        return app.extensions[EXTENSION]

    yield change
    app.extensions[EXTENSION] = before


@pytest.fixture
def away(app: Flask, environment: dict[str, str]) -> Iterator[None]:
    """Redis cannot be reached."""
    before = app.extensions[REDIS]
    settings = app.config["SETTINGS"].model_copy(
        update={"redis_url": type(app.config["SETTINGS"].redis_url)("redis://127.0.0.1:1/0")}
    )
    app.extensions[REDIS] = RequestRedis(connect(settings, timeout_s=0.1))
    yield
    app.extensions[REDIS] = before


def from_address(app: Flask, address: str, path: str = "/api/openapi.json", **kwargs: Any) -> TestResponse:
    return app.test_client().get(path, environ_base={"REMOTE_ADDR": address}, **kwargs)


def test_a_script_over_its_limit_gets_429_and_when_to_come_back(app: Flask, narrow: Any) -> None:
    narrow(api=3)
    answers = [from_address(app, "198.51.100.1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    refused = answers[-1]
    assert refused.json["code"] == "too-many-requests"
    assert refused.json["limit"] == "api"
    assert 1 <= int(refused.headers["Retry-After"]) <= 64
    assert refused.headers["RateLimit"].startswith('"api";r=0;t=')


def test_every_counted_answer_says_what_is_left_and_only_a_refusal_says_retry(app: Flask, narrow: Any) -> None:
    narrow(api=3)
    answer = from_address(app, "198.51.100.2")
    assert answer.headers["RateLimit-Policy"] == '"api";q=3;w=60'
    assert answer.headers["RateLimit"] == '"api";r=2;t=60'
    assert "Retry-After" not in answer.headers


def test_another_address_is_not_touched(app: Flask, narrow: Any) -> None:
    narrow(api=1)
    assert [from_address(app, "198.51.100.3").status_code for _ in range(2)] == [200, 429]
    assert from_address(app, "198.51.100.4").status_code == 200


def test_a_person_is_counted_and_not_their_office(ada: Person, sam: Person, narrow: Any) -> None:
    assert {person.get("/api/user").status_code for person in (ada, sam)} == {200}
    narrow(api=3)
    assert [ada.get("/api/user").status_code for _ in range(3)] == [200, 200, 429]
    assert sam.get("/api/user").status_code == 200


def test_all_limits_of_a_request_cost_one_round_trip(ada: Person, app: Flask, narrow: Any) -> None:
    ada.get("/api/user")
    limits = narrow()
    trips: list[int] = []
    run = limits._run
    limits._run = lambda client, asks, beside: trips.append(len(asks)) or run(client, asks, beside)  # type: ignore[method-assign]
    ada.get("/api/user")
    assert trips == [3]


def test_looking_for_addresses_that_do_not_exist_costs_ten(app: Flask, narrow: Any) -> None:
    narrow(ip=30)
    answers = [from_address(app, "198.51.100.5", f"/wp-admin/{n}.php").status_code for n in range(5)]
    assert answers == [404, 404, 404, 429, 429]


def test_static_files_and_health_are_never_refused(app: Flask, narrow: Any) -> None:
    narrow(ip=1, api=1, page=1, burst=1)
    answers = [from_address(app, "198.51.100.6", "/health/live") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert all("RateLimit" not in answer.headers for answer in answers)


def test_without_redis_each_process_lets_its_share_pass(app: Flask, narrow: Any, away: None) -> None:
    narrow(api=6)
    assert [from_address(app, "198.51.100.7").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_mistake_in_the_limiter_costs_one_count_and_breaks_nothing(
    app: Flask, narrow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow(api=1)

    def broken() -> str:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(front, "address_of_request", broken)
        assert [from_address(app, "198.51.100.8").status_code for _ in range(3)] == [200, 200, 200]
    assert [from_address(app, "198.51.100.8").status_code for _ in range(2)] == [200, 429]


def test_only_failures_count_and_losing_redis_forgives_none(
    app: Flask, narrow: Any, request: pytest.FixtureRequest
) -> None:
    narrow()
    key = f"ada@{new_ulid()}"
    with app.app_context():
        assert [service.failures_left("auth", key) for _ in range(9)] == [5] * 9
        for _ in range(5):
            service.record_failure("auth", key)
        request.getfixturevalue("away")
        assert service.failures_left("auth", key) == 0
        seen = service.look("auth", key)
        assert seen is not None
        assert 800 < service.refusal(seen).retry_after_s <= 945


def test_the_defaults_are_those_of_the_contract() -> None:
    assert {limit.name: (limit.amount, limit.window_s) for limit in DEFAULTS} == {
        "auth": (5, 900), "auth_ip": (30, 900), "api": (60, 60), "page": (600, 60), "search": (120, 60),
        "ai": (20, 60), "ocr": (50, 3600), "upload": (60, 60), "burst": (50, 1), "ip": (1200, 60),
        "global": (120_000, 60), "sockets": (5, 60), "socket_session": (60, 60),
        "socket_messages": (10, 60), "socket_messages_ip": (20, 60),
    }  # fmt: skip
