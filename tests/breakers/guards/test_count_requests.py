"""How requests end is counted by the variants they were given, and only while a rollout is guarded."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, g, template_rendered

from app.breakers.arm_counts import read_guard
from app.breakers.fleet.sync import join_fleet
from app.breakers.outcomes import count_request
from app.core import arms
from app.core.ids import new_ulid
from app.core.redis import connect
from tests.site import wait_for
from tests.world import Person

Counted = Callable[[], dict[str, tuple[int, int, int]]]


@pytest.fixture
def flag() -> str:
    """A flag nobody else has."""
    return f"test-{new_ulid().lower()}"


@pytest.fixture
def counted(app: Flask, flag: str) -> Iterator[Counted]:
    """What the fleet knows of requests under this flag: arm → calls, failures, slow."""
    join_fleet(app.config["SETTINGS"])

    client = connect(app.config["SETTINGS"], timeout_s=5)  # a request's own budget is short on a busy machine

    def read() -> dict[str, tuple[int, int, int]]:
        return read_guard(client, flag, 120).get("requests", {})

    arms.watch.on = True
    yield read
    arms.watch.on = False


def end(app: Flask, status: int, took_s: float, given: dict[str, str]) -> None:
    """End a request that was given variants."""
    with app.test_request_context():
        arms.begin()
        g.begun_at = time.perf_counter() - took_s
        for flag, arm in given.items():
            arms.note(flag, arm)
        count_request(Response(status=status))
        arms.begin()


def test_errors_and_slow_answers_are_put_down_to_the_arm(app: Flask, flag: str, counted: Counted) -> None:
    end(app, 200, 0.1, {flag: "treatment"})
    end(app, 503, 0.1, {flag: "treatment"})
    end(app, 200, 1.5, {flag: "control"})
    end(app, 404, 0.1, {flag: "control"})
    end(app, 500, 0.1, {})
    wait_for(lambda: counted() == {"treatment": (2, 1, 0), "control": (2, 0, 1)})


def test_nothing_is_counted_while_nothing_is_guarded(app: Flask, flag: str, counted: Counted) -> None:
    arms.watch.on = False
    end(app, 500, 0.1, {flag: "treatment"})
    arms.watch.on = True
    end(app, 200, 0.1, {flag: "control"})
    wait_for(lambda: counted() == {"control": (1, 0, 0)})


def test_each_request_begins_without_an_arm_and_ends_counted(
    app: Flask, ada: Person, flag: str, counted: Counted
) -> None:
    seen: list[bool] = []

    def note(sender: Flask, **_: Any) -> None:  # Any: the signal's
        seen.append(flag in arms.current())
        if request_is_for_orders():
            arms.watch.on = True  # reading the flags for the first time says that none is watched
            arms.note(flag, "treatment")

    with template_rendered.connected_to(note, app):
        assert [ada.get(path).status_code for path in ("/orders", "/inventory")] == [200, 200]
    assert not seen[0]
    wait_for(lambda: counted().get("treatment", ())[:2] == (1, 0))  # a busy machine may make it slow


def request_is_for_orders() -> bool:
    from flask import request

    return request.path == "/orders"
